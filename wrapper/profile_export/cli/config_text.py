"""Changes in the text of the configuration file that leave everything else in it, comments too, as it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
import time
import tomllib
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from profile_export import UsageError

# Seconds. Changing a file takes milliseconds.
PATIENCE: Final = 5.0


def panel(text: str, name: str) -> dict[str, Any]:
    """What `text` says of the panel `name`; nothing where there is none.

    Raises:
        UsageError: It is written as something else than a table.
    """
    panels: object = tomllib.loads(text).get("panels", {})
    table = cast("dict[str, object]", panels).get(name, {}) if isinstance(panels, dict) else None
    if not isinstance(table, dict):
        raise _unsafe()
    return cast("dict[str, Any]", table)


def with_panel(text: str, name: str, settings: Mapping[str, Any]) -> str:
    """`text` in which the panel `name` has these settings and no others."""
    table = "\n".join([f"[panels.{name}]", *(f"{key} = {_value(value)}" for key, value in settings.items())]) + "\n"
    before, found, after = _parted(text, name)
    if not found:
        before = before.rstrip("\n") + "\n\n" if before.strip() else ""
    return _checked(before + table + ("\n" + after if after else ""), text, name, dict(settings))


def without_panel(text: str, name: str) -> str:
    """`text` without the panel `name`."""
    before, _, after = _parted(text, name)
    return _checked((before + after).strip("\n") + "\n", text, name, None)


def with_default(text: str, name: str | None) -> str:
    """`text` in which `name` is the panel that counts when none is named; None for no such panel."""
    lines = text.splitlines(keepends=True)
    tables = next((at for at, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    there = next((at for at, line in enumerate(lines[:tables]) if re.match(r"\s*default\s*=", line)), None)
    line = [] if name is None else [f"default = {_value(name)}\n"]
    if there is None:
        lines = [*line, *(["\n"] if line and lines else []), *lines]
    else:
        lines[there : there + 1] = line
    changed = "".join(lines)
    expected = {key: value for key, value in tomllib.loads(text).items() if key != "default"}
    if name is not None:
        expected["default"] = name
    return _same(changed, expected)


def change(file: Path, changed: Callable[[], str]) -> None:
    """Replaces the file by the text that `changed` makes of it, with no other process' change in between.

    Raises:
        UsageError: It can't be written.
    """
    # A link stays one: people keep such files elsewhere.
    file = Path(os.path.realpath(file))
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(file.parent):
            _write(file, changed())
    except OSError as error:
        raise UsageError(f"can't write {file}: {error.strerror}") from None


@contextlib.contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Waits for others who change a file there, but not for ever: who started this program may have the lock himself.

    Where nothing can be locked, nobody is waited for.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            until = time.monotonic() + PATIENCE
            while not _locked(descriptor) and time.monotonic() < until:
                time.sleep(0.02)
        yield


def _locked(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(file: Path, text: str) -> None:
    """At once, for its owner's eyes only."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _parted(text: str, name: str) -> tuple[str, str, str]:
    """What stands before a panel's table, the table, and what comes after it."""
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if _is_header(line, name)), len(lines))
    end = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    # Comments right above the next table belong to that.
    while end < len(lines) and end > start + 1 and (lines[end - 1].startswith("#") or not lines[end - 1].strip()):
        end -= 1
    return "".join(lines[:start]), "".join(lines[start:end]), "".join(lines[end:]).lstrip("\n")


def _is_header(line: str, name: str) -> bool:
    return re.match(rf"\s*\[\s*panels\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]", line) is not None


def _value(value: Any) -> str:
    # A text of JSON is one of TOML, too, as long as it can be printed.
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        # A date, which JSON doesn't know.
        raise _unsafe() from None


def _checked(changed: str, text: str, name: str, settings: dict[str, Any] | None) -> str:
    expected = tomllib.loads(text)
    panels: dict[str, Any] = {key: value for key, value in expected.get("panels", {}).items() if key != name}
    if settings is not None:
        panels[name] = settings
    expected.pop("panels", None)
    return _same(changed, {**expected, "panels": panels} if panels else expected)


def _same(changed: str, expected: Mapping[str, Any]) -> str:
    """The changed text, if it says what it shall; people write TOML in more ways than are looked for here."""
    with contextlib.suppress(tomllib.TOMLDecodeError):
        found = tomllib.loads(changed)
        if not found.get("panels", True):
            del found["panels"]
        if found == expected:
            return changed
    raise _unsafe()


def _unsafe() -> UsageError:
    return UsageError(
        "the configuration file is written in a way that can't be changed safely", hints=("change it in an editor",)
    )
