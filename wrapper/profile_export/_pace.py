"""Whether an answer comes fast enough: a read timeout alone is kept quiet for ever by a byte now and then."""

from __future__ import annotations

from typing import Final, Protocol

import attrs

# Bytes in every window. The slowest modem sends a hundred times as many.
SLOWEST: Final = 1024


class Rule(Protocol):
    """Judges an answer piece by piece. Only the time spent waiting for the network counts."""

    def problem(self, waited: float, size: int) -> str | None:
        """Takes the next piece, of `size` bytes, waited for so many seconds; gives what is wrong, if anything."""
        ...


@attrs.define
class Whole:
    """An answer that must be whole within `seconds` of waiting."""

    seconds: float
    _waited: float = attrs.field(init=False, default=0.0)

    def problem(self, waited: float, size: int) -> str | None:  # noqa: ARG002 - the other rule's question
        """See `Rule`."""
        self._waited += waited
        return f"the answer was not whole after {self.seconds:g} seconds" if self._waited > self.seconds else None


@attrs.define
class Steady:
    """A file of any length, of which some bytes must come in every `seconds` of waiting."""

    seconds: float
    _waited: float = attrs.field(init=False, default=0.0)
    _came: int = attrs.field(init=False, default=0)

    def problem(self, waited: float, size: int) -> str | None:
        """See `Rule`."""
        self._waited += waited
        self._came += size
        if self._waited < self.seconds:
            return None
        came, self._waited, self._came = self._came, 0.0, 0
        return f"only {came} bytes came in {self.seconds:g} seconds" if came < SLOWEST else None
