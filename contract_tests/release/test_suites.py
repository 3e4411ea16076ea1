"""The tests of a release run on the wheel, on every promised Python, and a check that breaks fails alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.release_parts import __main__ as program
from scripts.release_parts import commands, interpreters, origin, suites
from scripts.release_parts.outcomes import CheckFailed, Found, Outcome, judged

PYPROJECT = tomllib.loads((commands.ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def installed(tmp_path: Path, text: str = "x = 1\n") -> tuple[Path, Path]:
    wheel, site = tmp_path / "it.whl", tmp_path / "site"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("profile_export/a.py", "x = 1\n")
        archive.writestr("profile_export_api/b.py", "y = 1\n")
        archive.writestr("profile_export-1.dist-info/RECORD", "differs once it is installed\n")
    for name, body in (("profile_export/a.py", text), ("profile_export_api/b.py", "y = 1\n")):
        (site / name).parent.mkdir(parents=True)
        (site / name).write_text(body)
    return wheel, site


def test_what_is_installed_is_the_wheel_byte_for_byte(tmp_path: Path) -> None:
    wheel, site = installed(tmp_path)
    assert origin.differing(wheel, site) == []
    (site / "profile_export_api/b.py").unlink()
    assert origin.differing(wheel, site) == ["profile_export_api/b.py"]


def test_one_other_byte_is_noticed(tmp_path: Path) -> None:
    assert origin.differing(*installed(tmp_path, text="x = 2\n")) == ["profile_export/a.py"]


def test_a_module_from_elsewhere_is_noticed(tmp_path: Path) -> None:
    modules = [
        ("profile_export", str(tmp_path / "profile_export/__init__.py")),
        ("profile_export_apis", "/elsewhere/other.py"),
        ("httpx", "/elsewhere/httpx.py"),
    ]
    assert origin.foreign(modules, tmp_path) == []
    assert origin.foreign([*modules, ("profile_export.a", "/src/a.py")], tmp_path) == [
        "profile_export.a from /src/a.py"
    ]
    assert origin.foreign([("profile_export_api.b", None)], tmp_path) == ["profile_export_api.b from None"]


def test_the_sources_of_this_repository_are_not_taken_for_a_wheel(tmp_path: Path) -> None:
    """pytest with the plugin refuses to begin in an environment whose package is the working tree."""
    wheel, _ = installed(tmp_path)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "scripts.release_parts.origin",
            "--collect-only",
            "-p",
            "no:randomly",
        ],
        cwd=commands.ROOT,
        env=commands.environment(PROFILE_EXPORT_WHEEL=str(wheel)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "not the wheel's: profile_export/a.py" in done.stderr


def test_what_a_process_of_its_own_imports_from_elsewhere_ends_in_an_error(tmp_path: Path) -> None:
    """The process that was started imports nothing here: only what the other one says can make it fail."""
    wheel = tmp_path / "empty.whl"
    zipfile.ZipFile(wheel, "w").close()
    tmp_path.joinpath("test_it.py").write_text("import profile_export\ndef test_it(): assert profile_export\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "scripts.release_parts.origin", "-p", "xdist.plugin"),
            *("-n", "1", "-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)),
        ],
        cwd=commands.ROOT,
        env=commands.environment(PROFILE_EXPORT_WHEEL=str(wheel), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "[100%]" in done.stdout
    assert done.returncode != 0
    assert "not imported from the wheel: profile_export from " in done.stderr + done.stdout


def test_the_copy_of_the_tests_has_no_sources() -> None:
    assert {"wrapper", "generated"}.isdisjoint(suites.COPIED)
    for folder in {*suites.WHOLE, *suites.SMALL}:
        assert (commands.ROOT / "contract_tests" / folder / "__init__.py").is_file()
    assert set(suites.SMALL) < set(suites.WHOLE)
    assert set(suites.EXTRAS) == PYPROJECT["project"]["optional-dependencies"].keys() - {"airflow"}


def test_tools_have_the_bounds_of_their_group() -> None:
    assert suites.tools(["pytest>=8,<9", {"include-group": "lint"}, "trio"], ["pytest"]) == ["pytest>=8,<9"]
    assert len(suites.tools(PYPROJECT["dependency-groups"]["test"], suites.TOOLS)) == len(suites.TOOLS)
    with pytest.raises(LookupError):
        suites.tools(["pytest"], ["trio"])
    assert suites.pins("attrs==23.2.0\nhttpx==0.28.0\n# via x\n") == {"attrs": "23.2.0", "httpx": "0.28.0"}


def test_promised_pythons_must_be_there_and_others_are_named() -> None:
    promised = interpreters.declared(
        ["Programming Language :: Python :: 3.12", "Programming Language :: Python :: 3 :: Only"]
    )
    assert promised == {12}
    assert interpreters.problems([11, 12], promised) == []
    assert interpreters.problems([12], promised) == ["3.11 is promised, and not on this machine"]
    assert (
        interpreters.told({11: "3.11.7", 13: "3.13.0"}) == "3.11.7, 3.13.0; not to be had on this machine: 3.12, 3.14"
    )
    assert interpreters.told({11: "a", 12: "b", 13: "c", 14: "d"}).endswith(": none")


def test_an_interpreter_is_believed_when_it_runs(tmp_path: Path) -> None:
    minor = sys.version_info.minor
    assert interpreters.version_of(Path(sys.executable), minor) == "{}.{}.{}".format(*sys.version_info)
    assert interpreters.version_of(Path(sys.executable), minor + 1) is None
    assert interpreters.version_of(tmp_path / "none", minor) is None
    shim = tmp_path / "python"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert interpreters.version_of(shim, minor) is None


def test_a_check_that_breaks_has_failed_and_tells_why() -> None:
    def broken() -> Found:
        raise CheckFailed("twine ended with 1\nno description\n")

    assert judged("it", broken).lines()[0].startswith("FAIL it: twine ended with 1 (")
    assert judged("it", broken).lines()[1:] == ["       no description"]
    assert judged("it", lambda: Found((), "fine")).lines()[0].startswith("ok   it: fine (")


def test_all_checks_are_run_and_one_that_failed_decides(capsys: pytest.CaptureFixture[str]) -> None:
    def some(*problems: tuple[str, ...]) -> Iterator[Outcome]:
        yield from (Outcome("it", Found(each, "fine")) for each in problems)

    assert program.told(some((), ())) == 0
    assert "ready to be released" in capsys.readouterr().out
    assert program.told(some(("bad",), (), ("worse", "worst"))) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines[:3]] == ["FAIL", "ok  ", "FAIL"]
    assert "worse; worst" in lines[2]
    assert lines[-1] == "not to be released: 2 checks failed"


def test_a_program_runs_without_what_could_replace_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in commands.FOREIGN:
        monkeypatch.setenv(name, "/elsewhere")
    assert not set(commands.FOREIGN) & commands.environment().keys()
    with pytest.raises(CheckFailed, match=r"ended with 3\nsorry"):
        commands.run("sh", "-c", "echo sorry; exit 3")
