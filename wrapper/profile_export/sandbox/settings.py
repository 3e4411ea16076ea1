"""Everything that can be chosen about a sandbox, checked once, before anything is started."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from attrs import field, frozen

AuthMode = Literal["any", "body", "bearer"]
IdStyle = Literal["random", "counter"]

MAX_PROFILES = 10_000_000
LINK_PREFIXES = ("/api/download/data", "/api/download")


def _mask(_: object) -> str:
    return "'***'"


@frozen(kw_only=True)
class SandboxSettings:
    """How one sandbox behaves. Invalid values raise `ValueError` with the name of the setting."""

    data_dir: Path = field(converter=Path)
    """Kept and reused between runs; only files that the sandbox made itself are ever touched in it."""
    token: str = field(repr=_mask)
    """The one API token that the sandbox accepts."""
    profiles: int = 1000
    """Number of profiles in database 1. Database 2 holds a tenth of it."""
    seed: int = 1
    """Equal seed and `profiles` give byte-identical files."""
    task_seconds: float = 2.0
    """A task is never finished sooner than this. With 0 it is finished when its creation is answered."""
    rows_per_file: int | None = None
    """Split exports that have more rows than this."""
    link_seconds: float = 86_400
    """Lifetime of a download link. Asking for the status again gives fresh links."""
    auth: AuthMode = "any"
    """Where the token is looked for: `body` (and `?token=`), `bearer` (the header), or both."""
    final_status: str = "completed"
    """Status word of a finished task. Older copies of the API document say `success`."""
    result_errors: bool = True
    """False leaves `errors` out of results, as an older copy of the document does."""
    link_prefix: str = "/api/download/data"
    """Path shape of the links. Both shapes are always served."""
    ids: IdStyle = "random"
    """`counter` numbers task and link ids from 1, so that a test's traffic is the same on every run."""
    quiet: bool = False
    """True keeps `serve` from writing an access log to stderr."""

    def __attrs_post_init__(self) -> None:
        _check_token(self.token)
        _check_whole("profiles", self.profiles, 1, MAX_PROFILES)
        _check_whole("seed", self.seed, -(2**63), 2**63 - 1)
        if self.rows_per_file is not None:
            _check_whole("rows_per_file", self.rows_per_file, 1, MAX_PROFILES)
        _check_seconds("task_seconds", self.task_seconds, zero=True)
        _check_seconds("link_seconds", self.link_seconds, zero=False)
        _check_choice("auth", self.auth, ("any", "body", "bearer"))
        _check_choice("ids", self.ids, ("random", "counter"))
        _check_choice("link_prefix", self.link_prefix, LINK_PREFIXES)
        if not self.final_status.strip() or self.final_status in ("in_progress", "failed"):
            raise ValueError("final_status must be a word other than 'in_progress' and 'failed'")


def _check_token(token: object) -> None:
    # The message must not quote a token, not even a bad one.
    if not isinstance(token, str) or not token:
        raise ValueError("token must be a non-empty string")
    if not all("!" <= char <= "~" for char in token):
        raise ValueError("token must consist of printable ASCII characters without spaces")


def _check_whole(name: str, value: object, minimum: int, maximum: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number, not {value!r}")  # noqa: TRY004 - one kind of error for all
    if not minimum <= value <= maximum:
        raise ValueError(f"{name} must be from {minimum:,} to {maximum:,}, not {value:,}")


def _check_seconds(name: str, value: object, *, zero: bool) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number of seconds, not {value!r}")
    if value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} must be {'at least' if zero else 'more than'} 0, not {value!r}")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
