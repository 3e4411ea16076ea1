"""The house: modules import from their own floor and from lower ones, never in a circle, and know little of outside."""

from __future__ import annotations

import ast
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import profile_export

ROOT = Path(profile_export.__path__[0])

FLOORS: dict[str, int] = {
    **dict.fromkeys(["_version", "errors", "types", "policy", "events", "_effects", "_records", "_secrets", "logs"], 0),
    **dict.fromkeys(["_extras"], 0),
    **dict.fromkeys(["targets"], 0),
    **dict.fromkeys(
        ["_polling", "_retry", "_envelope", "_naming", "_pace", "_ranges", "_rows", "_splits", "_transfer"], 1
    ),
    **dict.fromkeys(["_claims", "_continuation", "_limiter", "_xml", "_xml_tree"], 1),
    **dict.fromkeys(["_requests", "_wait", "_entry", "_download", "_one_file", "_many", "_workflow", "_resume"], 2),
    **dict.fromkeys(
        ["_body_reader", "_evidence", "_hands", "_places", "_ranged", "_shares", "_telling", "_together"], 3
    ),
    **dict.fromkeys(["_credentials", "_deadline", "_bodies", "_transport", "_files", "_receiver", "_local"], 3),
    **dict.fromkeys(["_file_work", "_journal", "_leftovers", "_ownership", "_parts", "_room", "_stop"], 3),
    **dict.fromkeys(["_clock", "_closed", "_part_file", "_tables", "_temporaries"], 3),
    **dict.fromkeys(["_keeper", "_passing", "_objects", "_stores", "_streams", "_upload"], 3),
    **dict.fromkeys(["_calls", "_sync", "_async", "_sync_many", "_async_many", "_threads", "_fetch"], 4),
    **dict.fromkeys(["_file_clients"], 4),
    **dict.fromkeys(["_arguments", "_completed", "client", "aio", "journal"], 5),
    **dict.fromkeys(["parquet"], 5),
    **dict.fromkeys(["__init__", "otel"], 6),
}
# Faces: they use what is public, and nobody imports them, except that the command line and the panels for tests offer
# the sandbox.
FACES = {"airflow", "cli", "sandbox", "testing"}
# Faces that stand for what anybody can write: they know nothing but what `import profile_export` gives.
INTEGRATIONS = {"airflow"}
BELOW_THE_FACES = {
    "_version",
    "client",
    "aio",
    "errors",
    "events",
    "logs",
    "policy",
    "types",
    "journal",
    "__init__",
    "parquet",
    "targets",
}
# A value offers what is built on it: these arrows go up, but only when they are asked for.
UP_WHEN_CALLED = {"types": {"_tables", "parquet"}}
# A clock for tests takes the place of the true one, which nobody else may touch.
MORE_FOR_A_FACE = {"cli": {"sandbox"}, "testing": {"sandbox", "_clock"}}
# Who knows which package from outside; the standard library and attrs are everybody's.
OUTSIDERS: dict[str, set[str]] = {
    "httpx": {"_credentials", "_deadline", "_bodies", "_body_reader", "_transport", "_local", "_places", "_shares"}
    | {"_closed", "_fetch", "_file_clients", "_sync", "_async", "client", "aio"},
    "h11": {"_body_reader"},
    "profile_export_api": {"_credentials", "_calls", "_sync", "_async"},
    "anyio": {"_async", "_bodies", "_clock", "_file_clients", "_places", "_async_many", "_threads"},
    "opentelemetry": {"otel"},
    "trio": {"_async_many"},
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Dotted names of everything that a file imports, wherever in it, and for whomever."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules() -> dict[str, Path]:
    return {path.stem: path for path in ROOT.glob("*.py")}


def inner(path: Path) -> set[str]:
    """The modules of this package that a file imports."""
    known = modules().keys() | FACES
    parts = [name.split(".") for name in imported(path) if name.split(".")[0] == "profile_export"]
    return {name[1] if len(name) > 1 and name[1] in known else "__init__" for name in parts}


def outer(path: Path) -> set[str]:
    tops = {name.split(".")[0] for name in imported(path)}
    return tops - set(sys.stdlib_module_names) - {"attrs", "profile_export"}


every_module = pytest.mark.parametrize("name", sorted(modules()))


def test_every_module_has_its_floor() -> None:
    assert FLOORS.keys() >= modules().keys(), "put the new module on a floor: FLOORS in this test"
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert packages <= FACES


@every_module
def test_imports_go_down_or_stay_on_the_floor(name: str) -> None:
    for used in inner(modules()[name]) - UP_WHEN_CALLED.get(name, set()):
        assert used not in FACES, f"{name} imports the face {used}"
        assert FLOORS[used] <= FLOORS[name], f"{name} imports {used} from above"


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {name: inner(path) - {name} - UP_WHEN_CALLED.get(name, set()) for name, path in modules().items()}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", sorted(UP_WHEN_CALLED))
def test_what_goes_up_does_so_within_a_function(name: str) -> None:
    at_once = {node for node in tree(modules()[name]).body if isinstance(node, ast.Import | ast.ImportFrom)}
    names = {alias.name.rpartition(".")[2] for node in at_once for alias in node.names}
    assert names.isdisjoint(UP_WHEN_CALLED[name])


@every_module
def test_who_knows_what_from_outside(name: str) -> None:
    allowed = {package for package, users in OUTSIDERS.items() if name in users}
    assert outer(modules()[name]) <= allowed
    if FLOORS[name] <= 2:
        assert not allowed


@pytest.mark.parametrize("name", ["client", "aio"])
def test_the_http_client_is_in_no_public_signature_but_one(name: str) -> None:
    mentions = [
        ast.unparse(node)
        for node in ast.walk(tree(modules()[name]))
        if isinstance(node, ast.arg) and node.annotation and "httpx" in ast.unparse(node.annotation)
    ]
    base = "httpx.AsyncBaseTransport" if name == "aio" else "httpx.BaseTransport"
    assert mentions == [f"transport: {base} | None"]
    returns = [node.returns for node in ast.walk(tree(modules()[name])) if isinstance(node, ast.FunctionDef)]
    assert not any(node is not None and "httpx" in ast.unparse(node) for node in returns)


def test_object_stores_are_known_in_one_place_and_loaded_when_one_is_used() -> None:
    assert not any("obstore" in outer(path) for path in ROOT.rglob("*.py"))
    named = {name for name, path in modules().items() if '"obstore.' in path.read_text(encoding="utf-8")}
    assert named == {"_stores"}


@pytest.mark.parametrize("face", sorted(FACES))
def test_a_face_uses_what_is_public(face: str) -> None:
    for path in (ROOT / face).rglob("*.py"):
        allowed = BELOW_THE_FACES | {face} | MORE_FOR_A_FACE.get(face, set())
        assert inner(path) <= allowed, path.name


@pytest.mark.parametrize("face", sorted(INTEGRATIONS))
def test_an_integration_uses_the_names_of_the_package_alone(face: str) -> None:
    for path in (ROOT / face).rglob("*.py"):
        names = {name for name in imported(path) if name.startswith("profile_export.")}
        ours = {name for name in names if name.startswith(f"profile_export.{face}")}
        assert {name.removeprefix("profile_export.") for name in names - ours} <= set(profile_export.__all__), path.name


def test_the_sandbox_shares_nothing_with_the_client_but_its_version() -> None:
    for path in (ROOT / "sandbox").rglob("*.py"):
        assert inner(path) <= {"sandbox", "_version", "__init__"}, path.name


def test_the_generated_client_knows_nothing_of_the_wrapper() -> None:
    import profile_export_api  # noqa: PLC0415 - only to find its files

    for path in Path(profile_export_api.__path__[0]).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "import profile_export" not in source
        assert "from profile_export " not in source
        assert "from profile_export." not in source
