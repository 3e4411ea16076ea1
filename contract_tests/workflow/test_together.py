"""Which failure ends the files of an export that come side by side."""

from __future__ import annotations

import pytest

from profile_export import _effects as do
from profile_export import errors
from profile_export._together import Together

FIRST, SECOND = errors.DownloadError("first"), errors.DownloadError("second")


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        ((FIRST, SECOND), "DownloadError('first')"),
        ((FIRST, KeyboardInterrupt(), SECOND), "KeyboardInterrupt()"),
        ((KeyboardInterrupt(), FIRST), "KeyboardInterrupt()"),
        ((SystemExit(3), KeyboardInterrupt()), "SystemExit(3)"),
    ],
)
def test_the_first_failure_is_told_unless_the_program_shall_end(failures: tuple[BaseException, ...], told: str) -> None:
    together = Together(do.AtOnce((), 1))
    for failure in failures:
        together.fail(failure)
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - it is looked at
        together.finish()
    assert repr(caught.value) == told
