"""The names that the exports of one call give their files, so that no export takes another one's."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from profile_export.errors import TargetExists
from profile_export.targets import Target


class Claims:
    """Who comes first has the name, for good: even where he fails, what is left of his file is not another's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[tuple[str, str], Claim] = {}

    def of_one(self) -> Claim:
        """What one export claims; it may do so again, when it begins anew."""
        return Claim(self)

    def take(self, targets: Sequence[Target], owner: Claim) -> None:
        """Claims all the names, or none; see `Claim.take`."""
        with self._lock:
            taken = next((target for target in targets if self._owners.get(_key(target), owner) is not owner), None)
            if taken is not None:
                raise TargetExists(
                    f"another export of the same call has the file {taken}",
                    hints=("the panel gave two exports one file name: give each a folder of its own",),
                )
            self._owners.update(dict.fromkeys(map(_key, targets), owner))


class Claim:
    """One export's part of the claims."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims

    def take(self, targets: Sequence[Target]) -> None:
        """Claims all the names, or none.

        Raises:
            TargetExists: Another export has one of them.
        """
        self._claims.take(targets, self)


def _key(target: Target) -> tuple[str, str]:
    # Case doesn't tell names apart on every disk.
    return str(target).removesuffix(target.name), target.name.casefold()
