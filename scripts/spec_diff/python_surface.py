"""Compares what people import: the public names of profile_export, and the generated client; griffe judges them.

griffe reads source text alone, so nothing of either version is run.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import griffe

from scripts.spec_diff.attrs_classes import AttrsClasses
from scripts.spec_diff.document import UnreadableContract
from scripts.spec_diff.findings import Change

WRAPPER, CLIENT = "profile_export", "profile_export_api"
SOURCES = ("wrapper", "generated")


def unpack(revision: str, repository: Path, folder: Path) -> Path:
    """The packages of a git revision, written into `folder`.

    Raises:
        UnreadableContract: The revision doesn't have them.
    """
    done = subprocess.run(
        ["git", "-C", repository, "archive", "--format=tar", revision, *SOURCES], capture_output=True, check=False
    )
    if done.returncode:
        raise UnreadableContract(f"{revision} has no Python packages: {done.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def compare(base: Path, head: Path) -> list[Change]:
    """What changed for programs that import the packages, between two trees of sources."""
    before, after = _load(base), _load(head)
    found: list[Change] = []
    for path in [*before, *(path for path in after if path not in before)]:
        if path not in after:
            gone = _change(path, "removed", "the module is gone", breaks=True)
            found += [] if any(_same(gone, change) for change in found) else [gone]
        elif path not in before:
            found.append(_change(path, "added", "the module is new", breaks=False))
        else:
            found += _module(before[path], after[path])
    return list(dict.fromkeys(found))


def _load(tree: Path) -> dict[str, griffe.Module]:
    """The modules whose names are public: the wrapper's front door, and the parts of the client that people call."""
    loader = griffe.GriffeLoader(
        search_paths=[tree / name for name in SOURCES],
        extensions=griffe.load_extensions(AttrsClasses),
        allow_inspection=False,
    )
    loaded = [loader.load(name) for name in (CLIENT, WRAPPER)]
    loader.resolve_aliases(implicit=True, external=False)
    client, wrapper = (module for module in loaded if isinstance(module, griffe.Module))
    parts = [wrapper, client, *(module for module in _modules(client) if _is_front(module))]
    return {module.path: module for module in parts}


def _modules(parent: griffe.Module) -> Iterator[griffe.Module]:
    for member in parent.members.values():
        if isinstance(member, griffe.Module):
            yield member
            yield from _modules(member)


def _is_front(module: griffe.Module) -> bool:
    """Models are imported from `models`, operations each from its own module."""
    where = module.path.removeprefix(f"{CLIENT}.")
    return where == "models" or (where.startswith("api.") and not module.is_init_module)


def _module(base: griffe.Module, head: griffe.Module) -> list[Change]:
    before, after = _public(base), _public(head)
    breakages = [one for one in griffe.find_breaking_changes(base, head) if _is_inside(one.obj.path, before.values())]
    found = [_breakage(breakage) for breakage in breakages]
    # griffe doesn't mind a name that is still there, but no longer in `__all__`.
    hidden = [
        _change(f"{base.path}.{name}", "removed", "it is no longer public", breaks=True)
        for name in before
        if name not in after
    ]
    found += [change for change in hidden if not any(_same(change, other) for other in found)]
    new = [_change(f"{head.path}.{name}", "added", "it is new", breaks=False) for name in after if name not in before]
    return found + new


def _same(left: Change, right: Change) -> bool:
    return (left.operation, left.kind, left.where) == (right.operation, right.kind, right.where)


def _public(module: griffe.Module) -> dict[str, set[str]]:
    """The names of a module that are meant for others, each with the paths that it is known by."""
    listed = module.exports
    names = [
        name for name, member in module.members.items() if (member.is_public if listed is None else name in listed)
    ]
    return {name: {f"{module.path}.{name}", _home(module.members[name])} for name in sorted(names)}


def _home(member: griffe.Object | griffe.Alias) -> str:
    """Where a name is defined, which may be another module."""
    try:
        return str(member.canonical_path)
    except griffe.AliasResolutionError:
        return str(member.path)


def _is_inside(path: str, public: Iterable[set[str]]) -> bool:
    return any(path == home or path.startswith(f"{home}.") for homes in public for home in homes)


def _breakage(breakage: griffe.Breakage) -> Change:
    removed = breakage.kind in {griffe.BreakageKind.OBJECT_REMOVED, griffe.BreakageKind.PARAMETER_REMOVED}
    told = [_shown(value) for value in (breakage.old_value, breakage.new_value)]
    text = breakage.kind.value[:1].lower() + breakage.kind.value[1:]
    named = list(dict.fromkeys(value for value in told if value))
    text = f"{text}: {' became '.join(named)}" if named else text
    return _change(breakage.obj.path, "removed" if removed else "changed", text, breaks=True)


def _shown(value: object) -> str:
    if value is None or isinstance(value, griffe.Object | griffe.Alias):
        return ""
    text = str(getattr(value, "name", None) or value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _change(path: str, kind: str, text: str, *, breaks: bool) -> Change:
    package, _, name = path.partition(".")
    return Change(
        operation=f"Python package {package}",
        direction="python",
        kind=kind,  # type: ignore[arg-type]
        where=name,
        text=text,
        breaks=breaks,
    )
