"""Derives the typed client in generated/ from openapi.yaml; `--check` compares instead of writing.

The generator can't read everything that the contract says, so it is given a view: the same document
without `application/xml`, links and operation security, which it would warn on or mishandle. Works offline,
and gives the same bytes for the same contract: generator and formatter are pinned exactly in pyproject.toml.
The generator knows no XML, so the shapes of XML bodies are derived beside it (`_shapes.py`), into `xml_shapes.py`.
Where the contract has changed since the last commit, it says what that means for callers (`spec_diff`).
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by its path, Python would look for modules in scripts/ only

from scripts import _shapes  # noqa: E402
from scripts.spec_diff import compare, document, report  # noqa: E402

CONTRACT = ROOT / "openapi.yaml"
TARGET = ROOT / "generated" / "profile_export_api"
HINT = "scripts/spec-diff HEAD adds what changed for programs that import the packages.\n"
REMEDY = "run scripts/generate, look at the difference, and commit generated/ together with openapi.yaml"

# An explicit selection: ruff's newer default rules rewrite the client into code that fails mypy strict.
RUFF = "--isolated --no-cache --quiet --target-version=py311 --line-length=110"
GENERATOR_SETTINGS = {
    "project_name_override": "profile-export-api",
    "package_name_override": "profile_export_api",
    # text/csv as text would raise a TypeError when the generated client parses a download.
    "content_type_overrides": {"text/csv": "application/octet-stream"},
    "post_hooks": [f"ruff check . --fix --select=F,I,UP {RUFF}", f"ruff format . {RUFF}"],
}


class GenerationError(Exception):
    """The contract can't be generated from; the message is what the generator, or the derivation of shapes, says."""


def generator_view(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract without what the generator can't read; the argument is left alone."""
    view: dict[str, Any] = json.loads(json.dumps(contract))
    _drop_xml(view)
    components = view.get("components", {})
    components.pop("links", None)
    answers = list(components.get("responses", {}).values())
    for path_item in view["paths"].values():
        for operation in path_item.values():
            operation.pop("security", None)
            answers += operation.get("responses", {}).values()
    for answer in answers:
        # By its place, not by its name alone: an answer's body may have a member that is called so.
        answer.pop("links", None)
    return view


def _drop_xml(node: Any) -> None:
    if isinstance(node, dict) and isinstance(node.get("content"), dict):
        node["content"].pop("application/xml", None)
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _drop_xml(child)


def _read(contract: Path) -> dict[str, Any]:
    try:
        with contract.open(encoding="utf-8") as text:
            document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise GenerationError(f"it is no YAML: {error}") from error
    if not isinstance(document, dict) or "paths" not in document:
        raise GenerationError("it is no OpenAPI document: it has no paths")
    return document


def generate(contract: Path, target: Path) -> None:
    """Writes the client for `contract` to the folder `target`, which must not exist."""
    document_as_written = _read(contract)
    view = generator_view(document_as_written)
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch, "view.json")
        document.write_text(json.dumps(view), encoding="utf-8")
        settings = Path(scratch, "settings.json")
        settings.write_text(json.dumps(GENERATOR_SETTINGS), encoding="utf-8")
        made = Path(scratch, "made")
        _run_generator(document, settings, made)
        (made / "xml_shapes.py").write_text(_shapes_module(document_as_written), encoding="utf-8")
        # The generator leaves it to a project file, which the client doesn't have.
        (made / "py.typed").touch()
        shutil.copytree(made, target, ignore=shutil.ignore_patterns("__pycache__", ".ruff_cache"))


def _run_generator(document: Path, settings: Path, target: Path) -> None:
    tools = Path(sys.executable).parent
    arguments: list[str | Path] = ["generate", "--path", document, "--config", settings, "--output-path", target]
    done = subprocess.run(
        [tools / "openapi-python-client", *arguments, "--meta", "none", "--fail-on-warning"],
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GenerationError((done.stdout + done.stderr).strip())


def _shapes_module(contract: dict[str, Any]) -> str:
    try:
        source = _shapes.module(contract)
    except _shapes.ShapeError as error:
        raise GenerationError(str(error)) from error
    ruff = [str(Path(sys.executable).parent / "ruff"), "format", *RUFF.split(), "-"]
    return subprocess.run(ruff, input=source, encoding="utf-8", capture_output=True, check=True).stdout


def differences(made: Path, kept: Path) -> list[str]:
    """One line for each file that is missing, extra or different in `kept`, compared byte by byte."""
    ours, theirs = _files(made), _files(kept)
    missing = [f"missing: {name}" for name in sorted(ours - theirs)]
    extra = [f"not generated: {name}" for name in sorted(theirs - ours)]
    changed = [
        f"differs: {name}" for name in sorted(ours & theirs) if not filecmp.cmp(made / name, kept / name, shallow=False)
    ]
    return missing + extra + changed


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def replace(contract: Path, target: Path) -> None:
    """Writes the client beside `target` first, so that a refused contract leaves the present client alone."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch, "client")
        generate(contract, made)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def check(contract: Path, target: Path) -> list[str]:
    """What a fresh generation would change in `target`."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "client")
        generate(contract, made)
        return differences(made, target)


def since_last_commit(contract: Path) -> str:
    """What changed in the contract since the last commit; nothing outside of a git checkout."""
    before = document.at_revision(f"HEAD:./{contract.name}", contract.parent)
    now = contract.read_bytes()
    if before is None or before == now:
        return ""
    try:
        found = compare.contracts(document.parse("HEAD", before), document.parse(compare.WORKING_TREE, now))
    except document.UnreadableContract as error:
        return f"What changed since the last commit can't be told: {error}\n"
    return report.text(found) + HINT if found.differs else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/generate", description="Write generated/ from openapi.yaml")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when generated/ is stale")
    parser.add_argument("--contract", type=Path, default=CONTRACT, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, default=TARGET, help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        if not options.check:
            options.target.parent.mkdir(parents=True, exist_ok=True)
            replace(options.contract, options.target)
            sys.stdout.write(since_last_commit(options.contract))
            return 0
        stale = check(options.contract, options.target)
    except GenerationError as error:
        print(f"generate: openapi.yaml can't be generated from:\n{error}", file=sys.stderr)
        return 1
    if stale:
        print("\n".join(["generate: generated/ doesn't fit openapi.yaml:", *stale, REMEDY]), file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
