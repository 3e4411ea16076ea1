"""The configuration file: what it says counts in the right order, it is changed with care, mistakes have a place."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
import tomllib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.programs import environment, finished
from profile_export.cli import config_text, configuration
from profile_export.sandbox import RunningSandbox

Write = Callable[..., Path]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the configuration is; nothing is there yet."""
    path = tmp_path / "configuration" / "config.toml"
    monkeypatch.setenv("PROFILE_EXPORT_CONFIG", str(path))
    return path


@pytest.fixture
def write(file: Path) -> Write:
    def written(text: str, mode: int = 0o600) -> Path:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return file

    return written


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring in place of the system's; the package's own interface."""
    kept: dict[tuple[str, str], str] = {}
    errors = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    module = ModuleType("keyring")
    module.errors = errors  # type: ignore[attr-defined]
    module.get_password = lambda service, name: kept.get((service, name))  # type: ignore[attr-defined]
    module.set_password = lambda service, name, token: kept.update({(service, name): token})  # type: ignore[attr-defined]
    module.delete_password = lambda service, name: kept.pop((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return kept


# Where the file is


def test_the_file_is_where_the_system_has_such_files(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PROFILE_EXPORT_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert cli("config", "path").out == f"{tmp_path}/profile-export/config.toml\n"
    assert cli("config", "path", "--json").document == {
        "path": f"{tmp_path}/profile-export/config.toml",
        "exists": False,
    }
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli("config", "path").out == f"{tmp_path}/.config/profile-export/config.toml\n"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert configuration.path() == tmp_path / "Library" / "Application Support" / "profile-export" / "config.toml"


def test_without_a_file_all_is_as_before(cli: Cli, file: Path, panel: RunningSandbox) -> None:
    assert cli("status", "no-such-task", url=panel.url).code == 4
    assert cli("config", "list").out.startswith("no panels: profile-export config set main")
    done = cli("config", "check")
    assert (done.code, "there is no" in done.out) == (0, True)
    assert not file.parent.exists()


# Changing it


def test_panels_are_kept_listed_and_removed(cli: Cli, file: Path, tmp_path: Path) -> None:
    cli("config", "set", "main", "--base-url", "https://panel.example.com", "--token-env", "MAIN")
    cli("config", "set", "test", "--base-url", "https://test.example.com", "--token-file", tmp_path / "token")
    assert tomllib.loads(file.read_text()) == {
        "default": "main",
        "panels": {
            "main": {"base_url": "https://panel.example.com", "token_env": "MAIN"},
            "test": {"base_url": "https://test.example.com", "token_file": str(tmp_path / "token")},
        },
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cli("config", "list").out.splitlines() == [
        "PANEL           ADDRESS                    TOKEN",
        "main (default)  https://panel.example.com  variable MAIN",
        f"test            https://test.example.com   file {tmp_path / 'token'}",
    ]
    assert cli("config", "list", "--json").document["panels"][1]["name"] == "test"
    assert cli("config", "set", "test", "--auth", "bearer", "--token-env", "TEST", "--default").code == 0
    after = tomllib.loads(file.read_text())
    assert after["default"] == "test"
    assert after["panels"]["test"] == {"base_url": "https://test.example.com", "auth": "bearer", "token_env": "TEST"}
    assert cli("config", "remove", "test").code == 0
    assert tomllib.loads(file.read_text()) == {"panels": {"main": after["panels"]["main"]}}


def test_files_are_named_so_that_every_folder_finds_them(
    cli: Cli, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cli("config", "set", "main", "--base-url", "https://panel.example.com", "--token-file", "token.txt")
    assert tomllib.loads(file.read_text())["panels"]["main"]["token_file"] == str(tmp_path / "token.txt")


def test_what_people_wrote_stays(cli: Cli, write: Write) -> None:
    before = """\
# my panels
default = "main"   # the usual one

[panels.main]
base_url = "https://panel.example.com"

# the one for trying
[panels.test]
base_url = "https://test.example.com"
# why: it is slow
retries = 9

[panels.other]   # last
base_url = "https://other.example.com"
"""
    file = write(before)
    cli("config", "set", "main", "--auth", "bearer")
    changed = file.read_text()
    assert changed == before.replace(
        'base_url = "https://panel.example.com"\n', 'base_url = "https://panel.example.com"\nauth = "bearer"\n'
    )
    cli("config", "remove", "main")
    assert [line for line in file.read_text().splitlines() if line.startswith("#")] == [
        "# my panels",
        "# the one for trying",
        "# why: it is slow",
    ]


@pytest.mark.parametrize(
    "text",
    [
        'panels = { main = { base_url = "https://a.example.com" } }\n',
        '[panels]\nmain = { base_url = "https://a.example.com" }\n',
        'panels.main.base_url = "https://a.example.com"\n',
    ],
)
def test_what_can_not_be_changed_safely_is_left_alone(cli: Cli, write: Write, text: str) -> None:
    file = write(text)
    done = cli("config", "set", "main", "--auth", "bearer")
    assert (done.code, "can't be changed safely" in done.err) == (2, True)
    assert file.read_text() == text
    assert cli("config", "list").out.count("https://a.example.com") == 1


@pytest.mark.parametrize("text", ["", "# nothing\n", '[panels.a]\nbase_url = "x"\n', 'default = "a"\n\n[panels.a]\n'])
def test_the_default_is_set_and_taken_back(text: str) -> None:
    changed = config_text.with_default(text, "b")
    assert tomllib.loads(changed)["default"] == "b"
    assert changed.count("default") == 1
    assert "default" not in tomllib.loads(config_text.with_default(changed, None))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["set", "main"], "has no address yet"),
        (["set", "main", "--base-url", "panel.example.com"], "base_url must begin with https://"),
        (["set", "a b", "--base-url", "https://a.example.com"], "no name for a panel"),
        (
            ["set", "main", "--base-url", "https://a.example.com", "--token-env", "A", "--token-file", "B"],
            "give one of",
        ),
        (["set", "main", "--base-url", "https://a.example.com", "--token", TOKEN], "not taken from the command line"),
        (
            ["set", "main", "--base-url", "https://a.example.com", "--ca-file", "/nowhere.pem"],
            "can't read certificates",
        ),
        (["remove", "main"], "there is no panel 'main'"),
    ],
)
def test_what_can_not_be_is_not_kept(cli: Cli, file: Path, words: list[str], told: str) -> None:
    done = cli("config", *words)
    assert (done.code, told in done.err) == (2, True), done.err
    assert TOKEN not in done.err
    assert not file.exists()


# What counts


def test_a_panel_of_the_file_is_enough(
    cli: Cli, write: Write, panel: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(
        f'[panels.box]\nbase_url = "{panel.url}"\ntoken_env = "BOX"\nauth = "bearer"\nwire_format = "xml"\n'
        f'[panels.other]\nbase_url = "https://other.example.com"\n'
    )
    monkeypatch.setenv("BOX", panel.token)
    done = cli("run", "segment:7", "--to", tmp_path / "out", "--panel", "box", token=None)
    assert done.code == 0, done.err
    monkeypatch.setenv("PROFILE_EXPORT_PANEL", "box")
    assert cli("run", "segment:7", "--to", tmp_path / "again", token=None).code == 0


def chosen(cli: Cli, *words: str) -> dict[str, str]:
    findings = cli("doctor", "--json", "--retries", "0", *words, token=None).document["findings"]
    return {finding["what"]: finding["text"] for finding in findings}


@pytest.mark.parametrize(
    ("words", "variables", "address", "token"),
    [
        # The file alone.
        ([], {}, "9001", "variable FILE_TOKEN"),
        # The environment goes before the file's default ...
        ([], {"PROFILE_EXPORT_TOKEN": "x" * 9}, "9001", "PROFILE_EXPORT_TOKEN"),
        ([], {"PROFILE_EXPORT_PANEL": "second"}, "9002", "file "),
        # ... and an option before all.
        (["--panel", "second"], {"PROFILE_EXPORT_PANEL": "main"}, "9002", "file "),
        (["--panel", "second"], {"PROFILE_EXPORT_BASE_URL": "http://127.0.0.1:9009"}, "9002", "file "),
        (["--panel", "second"], {"PROFILE_EXPORT_TOKEN": "x" * 9}, "9002", "file "),
        (["--base-url", "http://127.0.0.1:9001/"], {"PROFILE_EXPORT_BASE_URL": "http://x"}, "9001/", "FILE_TOKEN"),
    ],
)
def test_options_go_before_the_environment_and_that_before_the_file(
    cli: Cli,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    words: list[str],
    variables: dict[str, str],
    address: str,
    token: str,
) -> None:
    tmp_path.joinpath("token").write_text("token-in-a-file")
    write(
        'default = "main"\n[panels.main]\nbase_url = "http://127.0.0.1:9001"\ntoken_env = "FILE_TOKEN"\n'
        '[panels.second]\nbase_url = "http://127.0.0.1:9002"\ntoken_file = "../token"\n'
    )
    monkeypatch.setenv("FILE_TOKEN", "token-of-the-file")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    told = chosen(cli, *words)
    assert f"127.0.0.1:{address} " in told["address"]
    assert token in told["token"]


@pytest.mark.parametrize("as_option", [True, False])
def test_the_token_of_a_panel_goes_to_that_panel_only(
    cli: Cli, write: Write, monkeypatch: pytest.MonkeyPatch, as_option: bool
) -> None:
    write(
        'default = "main"\n[panels.main]\nbase_url = "http://127.0.0.1:9001"\ntoken_env = "FILE_TOKEN"\n'
        'panel_url = "http://127.0.0.1:9008"\n'
    )
    monkeypatch.setenv("FILE_TOKEN", "token-of-the-file")
    elsewhere = "http://127.0.0.1:9009"
    words = ["--base-url", elsewhere] if as_option else []
    done = cli("status", "task", *words, token=None, url=None if as_option else elsewhere)
    assert (done.code, done.first) == (2, "profile-export: there is no token")
    both = cli("status", "task", "--base-url", elsewhere, "--panel", "main", token=None)
    assert (both.code, "--panel main is another panel than --base-url" in both.err) == (2, True)


def test_hints_go_on_with_the_same_panel(cli: Cli, write: Write, slow_panel: RunningSandbox, tmp_path: Path) -> None:
    write(f'[panels.box]\nbase_url = "{slow_panel.url}"\n')
    done = cli("run", "database:1", "--to", tmp_path, "--panel", "box", "--timeout", "0.01s")
    assert done.code == 6
    assert "--panel box" in done.err


def test_an_unknown_panel_and_a_broken_file(cli: Cli, write: Write) -> None:
    file = write('[panels.main]\nbase_url = "https://panel.example.com"\nauth = "magic"\n')
    done = cli("status", "task", "--panel", "mian")
    assert (done.code, "there is no panel 'mian'" in done.err, "main" in done.err) == (2, True, True)
    done = cli("status", "task", "--panel", "main")
    assert (done.code, done.first) == (
        2,
        f"profile-export: {file}: line 3, panels.main.auth: 'magic' is not one of body, bearer",
    )
    write("[panels")
    assert (cli("status", "task").code, "this is not TOML" in cli("status", "task").err) == (2, True)


# Where tokens are


def test_a_token_in_the_keyring(
    cli: Cli,
    file: Path,
    keyring: dict[tuple[str, str], str],
    panel: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("profile_export.cli.tokens.read_token", lambda _: panel.token)
    done = cli("config", "set", "box", "--base-url", panel.url, "--token-keyring", token=None)
    assert done.code == 0, done.err
    monkeypatch.undo()
    monkeypatch.setenv("PROFILE_EXPORT_CONFIG", str(file))
    for name in ("keyring", "keyring.errors"):
        monkeypatch.setitem(sys.modules, name, _module(keyring))
    assert keyring == {("profile-export", "box"): panel.token}
    assert panel.token not in file.read_text()
    assert cli("status", "no-such-task", token=None).code == 4
    assert cli("config", "check", token=None).code == 0
    keyring.clear()
    done = cli("status", "no-such-task", token=None)
    assert (done.code, "the keyring holds no token for panel 'box'" in done.err) == (2, True)
    keyring["profile-export", "box"] = panel.token
    cli("config", "remove", "box", token=None)
    assert keyring == {}


def _module(kept: dict[tuple[str, str], str]) -> Any:
    module = ModuleType("keyring")
    module.errors = ModuleType("keyring.errors")  # type: ignore[attr-defined]
    module.errors.KeyringError = OSError
    module.get_password = lambda service, name: kept.get((service, name))  # type: ignore[attr-defined]
    module.delete_password = lambda service, name: kept.pop((service, name))  # type: ignore[attr-defined]
    return module


def test_the_true_keyring_package_where_no_keyring_runs(file: Path, tmp_path: Path) -> None:
    env = environment(
        PROFILE_EXPORT_CONFIG=str(file),
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
        HOME=str(tmp_path),
    )
    words = ("config", "set", "main", "--base-url", "https://panel.example.com", "--token-keyring")
    done = finished(*words, env=env, input="a-token-for-the-keyring\n")
    assert (done.returncode, "the keyring can't be used" in done.stderr) == (2, True), done.stderr
    assert "a-token-for-the-keyring" not in done.stderr
    assert not file.exists()


def test_without_the_extra_it_says_what_to_install(cli: Cli, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write('[panels.main]\nbase_url = "https://panel.example.com"\ntoken_keyring = true\n')
    monkeypatch.setitem(sys.modules, "keyring.errors", None)
    done = cli("status", "task", "--panel", "main", token=None)
    assert (done.code, "pip install 'profile-export[keyring]'" in done.err) == (2, True)


def test_a_token_in_clear(cli: Cli, write: Write, panel: RunningSandbox) -> None:
    text = f'[panels.box]\nbase_url = "{panel.url}"\ntoken = "{panel.token}"\n'
    file = write(text, 0o644)
    done = cli("status", "no-such-task", "--panel", "box", token=None)
    assert (done.code, "others can read it" in done.err, f"chmod 600 {file}" in done.err) == (2, True, True)
    assert panel.token not in done.err
    file.chmod(0o600)
    done = cli("status", "no-such-task", "--panel", "box", token=None)
    assert (done.code, "in clear" in done.err) == (4, True)
    for words in (["list"], ["list", "--json"], ["check"], ["check", "--json"]):
        told = cli("config", *words, token=None)
        assert (told.code, panel.token in told.out + told.err) == (0, False)
    assert "panels.box.token: the token stands here in clear" in cli("config", "check", token=None).err


# What is wrong, and where

BROKEN = """\
colour = "red"
default = "mein"

[panels.main]
base_url = "panel.example.com"
auht = "bearer"

[panels.test]
base_url = "https://test.example.com"
auth = "magic"
retries = -1
token = 4815162342

[panels.third]
connections = 17
token_env = "A"
token_file = "b"

[panels.fourth]
base_url = "https://x@fourth.example.com"
token_env = "NOT_SET_ANYWHERE"
"""


def test_check_tells_everything_that_is_wrong_and_where(cli: Cli, write: Write) -> None:
    write(BROKEN)
    done = cli("config", "check", "--json", token=None)
    assert done.code == 2
    found = {(problem["line"], problem["where"]): problem["text"] for problem in done.document["problems"]}
    assert found == {
        (1, "colour"): "nothing is called so",
        (2, "default"): "there is no panel 'mein'",
        (6, "panels.main.auht"): "nothing is called so",
        (10, "panels.test.auth"): "'magic' is not one of body, bearer",
        (11, "panels.test.retries"): "this is less than 0",
        (12, "panels.test.token"): "this is no text",
        (15, "panels.third.connections"): "this is not 1 to 16",
        (14, "panels.third"): "there is more than one place for the token",
        (20, "panels.fourth.base_url"): "base_url must not hold a user name or password",
        (21, "panels.fourth.token_env"): (
            "panel 'fourth' takes its token from the variable NOT_SET_ANYWHERE, which is not set"
        ),
    }
    told = cli("config", "check", token=None)
    assert "line 6, panels.main.auht: nothing is called so" in told.err
    assert "hint: do you mean auth?" in told.err
    assert "4815162342" not in told.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[panels.main\n", "this is not TOML"),
        ("panels = 3\n", "panels: this is no table"),
        ("[panels]\nmain = 3\n", "panels.main: this is no table"),
        ('[panels."a b"]\nbase_url = "https://a.example.com"\n', "letters, digits, - and _ only"),
        ('[panels.a]\nbase_url = "https://a.example.com"\ntoken_file = "gone"\n', "can't read the token file"),
        ('[panels.a]\nbase_url = "https://a.example.com"\nca_file = "gone"\n', "can't read certificates"),
        ('[panels.a]\nbase_url = "https://a.example.com"\nretries = true\n', "this is no whole number"),
    ],
)
def test_check_names_other_mistakes(cli: Cli, write: Write, text: str, words: str) -> None:
    write(text)
    done = cli("config", "check", token=None)
    assert (done.code, words in done.err) == (2, True), done.err


def test_check_warns_without_failing(cli: Cli, write: Write, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a-token-in-a-file")
    token.chmod(0o644)
    write(
        f'[panels.a]\nbase_url = "http://a.example.com"\ntoken_file = "{token}"\n[panels.b]\nbase_url = "https://b.com"\n'
    )
    done = cli("config", "check", "--json", token=None)
    assert done.code == 0
    assert [problem["where"] for problem in done.document["problems"]] == [
        "panels.a.base_url",
        "panels.a.token_file",
        "panels.b",
    ]
    assert json.dumps(done.document).count("a-token-in-a-file") == 0


@pytest.mark.parametrize("name", ["path", "list", "set", "remove", "check"])
def test_every_command_explains_itself(cli: Cli, name: str) -> None:
    done = cli("config", name, "--help")
    assert (done.code, done.err) == (0, "")
    assert "Example" in done.out


def test_the_devices_of_the_system_are_no_configuration(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILE_EXPORT_CONFIG", os.devnull)
    assert cli("config", "check").code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another place")
@pytest.mark.parametrize("value", ["", "relative/place"])
def test_a_place_that_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str) -> None:
    monkeypatch.delenv("PROFILE_EXPORT_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", value)
    assert configuration.path() == tmp_path / ".config" / "profile-export" / "config.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "x"))
    assert configuration.path() == tmp_path / "x" / "profile-export" / "config.toml"


def test_a_panel_without_a_name_is_not_the_default(cli: Cli, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--panel "$PANEL"`, and the variable isn't set."""
    write('default = "main"\n[panels.main]\nbase_url = "http://127.0.0.1:9001"\ntoken_env = "FILE_TOKEN"\n')
    monkeypatch.setenv("PROFILE_EXPORT_BASE_URL", "http://127.0.0.1:9002")
    done = cli("status", "task", "--panel", "")
    assert (done.code, done.first) == (2, "profile-export: --panel names no panel")
    monkeypatch.setenv("PROFILE_EXPORT_PANEL", "")
    assert "127.0.0.1:9002 " in cli("doctor", "--retries", "0").out, "that is a variable which isn't set"


def test_a_panel_of_another_process_is_not_lost(
    cli: Cli, write: Write, keyring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = '[panels.main]\nbase_url = "https://main.example.com"\n'
    file = write(before)

    def typed(_: object) -> str:
        write(before + '\n[panels.theirs]\nbase_url = "https://theirs.example.com"\n')
        return TOKEN

    monkeypatch.setattr("profile_export.cli.tokens.read_token", typed)
    done = cli("config", "set", "mine", "--base-url", "https://mine.example.com", "--token-keyring")
    assert (done.code, list(keyring.values())) == (0, [TOKEN])
    assert list(tomllib.loads(file.read_text())["panels"]) == ["main", "theirs", "mine"]


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Somebody else has the folder's lock."""
    import fcntl  # noqa: PLC0415 - Windows has none

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked there")
def test_who_changes_the_file_waits_for_another_who_does(cli: Cli, write: Write) -> None:
    main, theirs = (f'[panels.{name}]\nbase_url = "https://{name}.example.com"\n' for name in ("main", "theirs"))
    file = write(main)
    ends: list[int] = []
    arguments = ("config", "set", "mine", "--base-url", "https://mine.example.com")
    second = threading.Thread(target=lambda: ends.append(cli(*arguments).code))
    with locked(file.parent):
        second.start()
        second.join(0.5)
        write(f"{main}\n{theirs}")
    second.join(20)
    assert ends == [0]
    assert list(tomllib.loads(file.read_text())["panels"]) == ["main", "theirs", "mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked there")
def test_a_lock_that_is_never_let_go_is_not_waited_for(cli: Cli, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """`flock FOLDER profile-export config set ...`."""
    monkeypatch.setattr(config_text, "PATIENCE", 0.1)
    with locked(write("").parent):
        assert cli("config", "set", "mine", "--base-url", "https://mine.example.com").code == 0


def test_who_has_no_home_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("PROFILE_EXPORT_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setattr(Path, "home", homeless)
    assert configuration.read().panels == {}


def test_a_panel_is_checked_although_one_with_a_longer_name_is_wrong(cli: Cli, write: Write) -> None:
    write(
        '[panels.main]\nbase_url = "no-address"\n[panels.main2]\nbase_url = "https://a.example.com"\nauth = "magic"\n'
    )
    problems = cli("config", "check", "--json").document["problems"]
    assert {problem["where"] for problem in problems if not problem["warning"]} == {
        "panels.main.base_url",
        "panels.main2.auth",
    }


@pytest.mark.parametrize(
    "text",
    [
        "panels = 3\n",
        '[panels]\nmain = "https://a.example.com"\n',
        '[panels.main]\nbase_url = "https://a.example.com"\nsince = 2026-01-01\n',
        '[panels.main]\nbase_url = "https://a.example.com"\nsince = [2026-01-01T00:00:00Z]\n',
    ],
)
def test_what_is_no_panel_is_left_alone(cli: Cli, write: Write, text: str) -> None:
    file = write(text)
    done = cli("config", "set", "main", "--base-url", "https://b.example.com")
    assert (done.code, "can't be changed safely" in done.first) == (2, True), done.err
    assert file.read_text() == text


def test_a_default_that_is_no_name(cli: Cli, write: Write) -> None:
    write('default = ["main"]\n[panels.main]\nbase_url = "https://a.example.com"\n')
    done = cli("config", "check")
    assert (done.code, "default: there is no panel ['main']" in done.err) == (2, True)


def test_a_mark_of_the_encoding_is_no_harm(cli: Cli, write: Write) -> None:
    file = write('\ufeffdefault = "main"\n[panels.main]\nbase_url = "https://a.example.com"\n')
    assert cli("config", "check").code == 0
    assert cli("config", "set", "main", "--auth", "bearer").code == 0
    assert tomllib.loads(file.read_text(encoding="utf-8"))["panels"]["main"]["auth"] == "bearer"


@pytest.mark.parametrize("name", ["-", ""])
def test_a_token_file_that_can_not_be_read_later(cli: Cli, file: Path, name: str) -> None:
    done = cli("config", "set", "main", "--base-url", "https://a.example.com", "--token-file", name)
    assert (done.code, "is no file that could be read later" in done.first) == (2, True)
    assert "--token-keyring" in done.err
    assert not file.exists()


def test_certificates_that_are_typed_are_in_this_folder(
    cli: Cli, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named as the file names its own, which are beside it."""
    file = write('[panels.main]\nbase_url = "https://127.0.0.1:9001"\nca_file = "ca.pem"\n')
    monkeypatch.chdir(tmp_path)
    typed = cli("status", "task", "--panel", "main", "--ca-file", "ca.pem")
    kept = cli("status", "task", "--panel", "main")
    assert (typed.code, kept.code) == (2, 2)
    assert str(file.parent) not in typed.err
    assert f"{file.parent / 'ca.pem'}" in kept.err


def test_changes_are_told_to_programs(cli: Cli, file: Path) -> None:
    for words in (["set", "main", "--base-url", "https://a.example.com"], ["remove", "main"]):
        done = cli("config", *words, "--json")
        assert (done.code, done.document) == (0, {"path": str(file), "panel": "main"})
