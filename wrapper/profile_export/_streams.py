"""A download that goes to an open file, such as stdout: what was written can't be taken back."""

from __future__ import annotations

import io
from typing import cast

from profile_export._passing import Passing
from profile_export.errors import DownloadError, UsageError
from profile_export.targets import OutputStream


class PartStream(Passing[OutputStream]):
    """Writes bytes as they come, and checks them on the way; its end says whether they were right."""

    def restart(self, announced: int | None, etag: str | None = None) -> None:
        """Begins, as long as nothing was written.

        Raises:
            DownloadError: Something was, so that only the rest could be taken.
        """
        if self.size:
            raise DownloadError(
                f"{self.target.name} broke off after {self.size} bytes were written, and the panel doesn't give the "
                "rest alone",
                hints=("what was written is not the whole file: run it again, or export to a folder",),
            )
        self._begin()
        self.etag, self.total = etag, announced

    def write(self, chunk: bytes | memoryview) -> None:
        """Hands the next bytes on."""
        file = self.target.file
        if file is None:
            raise without_stream()
        try:
            rest = memoryview(chunk)
            while rest:
                # Raw files may take a part; others take all, and some of them don't say so.
                written = cast("int | None", file.write(rest))
                if written is None and isinstance(file, io.RawIOBase):
                    # It doesn't block, and took nothing.
                    raise BlockingIOError
                rest = rest[len(rest) if written is None else written :]
        except OSError as error:
            raise _unwritable(self.target, error) from None
        self._note(chunk)

    def publish(self, *, overwrite: bool) -> None:  # noqa: ARG002 - as for other keepers
        """Lets go of the last bytes."""
        try:
            if self.target.file is not None:
                self.target.file.flush()
        except OSError as error:
            raise _unwritable(self.target, error) from None

    def reject(self) -> None:
        """What was written stays where it is."""

    def keep(self) -> None:
        """Nothing of it is here."""
        self._evidence.close()

    def discard(self) -> None:
        """Nothing of it is here."""
        self._evidence.close()


def without_stream() -> UsageError:
    """The error for a record whose stream was another process's."""
    return UsageError("the file of this export went to a stream that is gone", hints=("pass to=FOLDER, or --to DIR",))


def _unwritable(target: OutputStream, error: OSError) -> DownloadError:
    if isinstance(error, BlockingIOError):
        return DownloadError(
            f"can't write {target.name} to the stream: it is not ready for more, and doesn't block",
            hints=("what was written is not the whole file: make the stream block, or export to a folder",),
        )
    return DownloadError(f"can't write {target.name} to the stream: {error.strerror or type(error).__name__}")
