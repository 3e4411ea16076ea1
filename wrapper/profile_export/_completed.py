"""What a completed export tells, in both clients."""

from __future__ import annotations

from profile_export._wait import Completion


class Completed:
    """The facts of a task that ended well; the clients add how it is downloaded."""

    __slots__ = ()

    _done: Completion

    def __repr__(self) -> str:
        return f"{type(self).__name__}(task_id={self.task_id!r}, total={self.total}, urls={self.urls!r})"

    @property
    def task_id(self) -> str:
        """The task's id."""
        return self._done.task_id

    @property
    def total(self) -> int:
        """Number of profiles over all files."""
        return self._done.total

    @property
    def urls(self) -> tuple[str, ...]:
        """Links to the files, as the panel gave them."""
        return self._done.urls

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the panel reported beside the result, one text each."""
        return self._done.warnings
