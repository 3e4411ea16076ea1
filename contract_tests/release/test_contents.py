"""What belongs into the packages, the SBOM and the repository of a release."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from scripts.release_parts import contents, repository, sbom
from scripts.release_parts.commands import ROOT

PYPROJECT: dict[str, Any] = {
    "tool": {"hatch": {"build": {"targets": {"wheel": {
        "packages": ["wrapper/profile_export", "generated/profile_export_api"],
        "force-include": {"openapi.yaml": "profile_export/openapi.yaml"},
    }}}}}
}  # fmt: skip
COMMITTED = [
    *(f"{folder}/{name}" for folder in ("wrapper/profile_export", "generated/profile_export_api")
      for name in ("__init__.py", "py.typed")),
    *("scripts/release", "contract_tests/test_it.py", "openapi.yaml"),
]  # fmt: skip
WANTED = contents.expected(COMMITTED, PYPROJECT, "1.0")


def wheel(names: set[str] = WANTED, size: int = 1000) -> str:
    return "; ".join(contents.wheel_problems(names, WANTED, size))


def test_a_wheel_is_its_packages_what_is_added_and_what_describes_it() -> None:
    assert wheel() == ""
    assert len(WANTED) == 4 + 1 + 5
    assert "profile_export/openapi.yaml" in WANTED
    assert "profile_export-1.0.dist-info/licenses/LICENSE" in WANTED


@pytest.mark.parametrize("name", sorted(WANTED))
def test_no_file_may_be_missing(name: str) -> None:
    assert f"{name} is missing" in wheel(WANTED - {name})


@pytest.mark.parametrize("name", ["profile_export/notes.txt", "contract_tests/test_it.py", "setup.py"])
def test_no_file_may_come_along(name: str) -> None:
    assert f"{name} doesn't belong there" in wheel(WANTED | {name})


@pytest.mark.parametrize("name", ["profile_export/scripts/x.py", "profile_export/__pycache__/x.pyc", "tests/x.py"])
def test_nothing_for_developers_even_if_it_is_committed(name: str) -> None:
    assert contents.wheel_problems(WANTED | {name}, WANTED | {name}, 1) == [f"{name} is for developers"]


def test_what_is_typed_and_licensed_says_so_even_if_nobody_committed_that() -> None:
    for name in ("profile_export_api/py.typed", "profile_export-1.0.dist-info/licenses/LICENSE"):
        assert contents.wheel_problems(WANTED - {name}, WANTED - {name}, 1) != []


def test_less_than_the_limit() -> None:
    assert wheel(size=349_999) == ""
    assert "1 more than allowed" in wheel(size=350_000)


def sdist(*without: str, more: tuple[str, ...] = ()) -> str:
    names = {*contents.SOURCES, "wrapper/profile_export/__init__.py", "generated/profile_export_api/__init__.py"}
    return "; ".join(contents.sdist_problems([*(f"top/{name}" for name in names - set(without)), *more], "top"))


def test_an_sdist_has_what_a_wheel_is_built_from() -> None:
    assert sdist() == ""
    assert sdist("LICENSE") == "LICENSE is missing"
    assert sdist("generated/profile_export_api/__init__.py") == "generated/profile_export_api is missing"
    assert "outside of top" in sdist(more=("other/file",))
    assert "outside of top" in sdist(more=("top/../file",))
    assert "for developers" in sdist(more=("top/scripts/release",))


def test_folders_are_listed_with_their_bytes() -> None:
    assert contents.listing({"a/x": 1000, "a/y": 500, "b": 1}) == [".: 1 files, 1 bytes", "a: 2 files, 1,500 bytes"]


@pytest.mark.parametrize(
    ("tagged", "says"), [(None, []), ("abc", []), ("def", ["v1 stands on def, not on abc: this version is taken"])]
)
def test_a_tag_is_free_or_here(tagged: str | None, says: list[str]) -> None:
    assert repository.tag_problems("v1", tagged, "abc") == says


def test_a_tree_is_clean() -> None:
    assert repository.tree_problems("") == []
    assert repository.tree_problems(" M a.py\n?? b.py") == ["not committed: a.py, b.py"]
    assert repository.tree_problems("?? x\n" * 7)[0].endswith("and 2 more")


def document(**changes: Any) -> dict[str, Any]:
    part = {"name": "attrs", "version": "26.1.0", "purl": "pkg:pypi/attrs@26.1.0"}
    subject = {"component": {"name": "profile-export", "version": "1.0"}}
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": subject, "components": [part], **changes}


def test_an_sbom_lists_what_the_package_needs() -> None:
    assert sbom.problems(document(), "1.0", ["attrs"]) == []
    assert sbom.problems(document(), "1.0", ["attrs", "httpx"]) == ["httpx is missing"]
    assert sbom.problems(document(), "1.1", ["attrs"]) == ["it is about profile-export 1.0"]
    assert sbom.problems(document(specVersion="1.4"), "1.0", ["attrs"]) == ["it isn't CycloneDX 1.5"]
    assert sbom.problems(document(components=[{"name": "attrs"}]), "1.0", []) == ["attrs has no version or purl"]


def test_every_package_for_users_is_needed_in_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"httpx", "obstore", "apache-airflow", "uvicorn"} <= sbom.direct(project)
    assert "pytest" not in sbom.direct(project)
