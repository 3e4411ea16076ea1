"""Where a panel's token is: in a variable, a file, or the keyring; in clear only as a last resort."""

from __future__ import annotations

import os
import stat
from importlib import import_module
from pathlib import Path
from typing import Any

from profile_export import UsageError
from profile_export.cli import NAME, tokens
from profile_export.cli.configuration import Entry

SERVICE = NAME
EXTRA_HINT = "install it with: pip install 'profile-export[keyring]'"


def told(entry: Entry) -> str:
    """Where the token is, in words; never the token."""
    if entry.reference is None:
        return "-"
    kind, value = entry.reference
    places = {"token_env": f"variable {value}", "token_file": f"file {value}", "token_keyring": "keyring"}
    return places.get(kind, "in clear")


def token_of(entry: Entry, file: Path) -> str:
    """The token of a panel in the configuration file `file`.

    Raises:
        UsageError: It isn't where the file says, or can't be used.
    """
    if entry.reference is None:
        hint = f"{NAME} config set {entry.name} --token-env VARIABLE says where it is"
        raise UsageError(f"panel {entry.name!r} has no token", hints=(hint, tokens.HOW))
    kind, value = entry.reference
    if kind == "token_env":
        return _from_variable(entry.name, str(value))
    if kind == "token_file":
        return tokens.read_token(str(beside(value, file)))
    if kind == "token_keyring":
        return _from_keyring(entry.name)
    if open_to_others(file):
        raise UsageError(
            f"{file} holds a token in clear, and others can read it",
            hints=(f"chmod 600 {file}", f"or better: {NAME} config set {entry.name} --token-keyring"),
        )
    return tokens.checked(str(value), f"panel {entry.name!r} of {file}")


def beside(value: str, file: Path) -> Path:
    """Where a file is that the configuration file names: seen from its folder."""
    return file.parent / Path(value).expanduser()


def open_to_others(file: Path) -> bool:
    """Whether other users of this machine can read a file; where that can't be told, no."""
    if os.name == "nt":
        return False
    try:
        return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def remember(name: str, token: str) -> None:
    """Puts the token of the panel `name` into the keyring.

    Raises:
        UsageError: There is no keyring that takes it.
    """
    keyring = _keyring()
    try:
        keyring.set_password(SERVICE, name, token)
    except keyring.errors.KeyringError as error:
        raise _refused(error) from None


def forget(name: str) -> None:
    """Takes it out again, if it is there."""
    try:
        keyring: Any = import_module("keyring")
        keyring.delete_password(SERVICE, name)
    except Exception:  # noqa: BLE001 - a keyring that is locked or gone is no reason to keep a panel
        return


def _from_variable(name: str, variable: str) -> str:
    if variable not in os.environ:
        raise UsageError(
            f"panel {name!r} takes its token from the variable {variable}, which is not set",
            hints=(f"set it, and not as a word of a command: read -rs {variable} && export {variable}",),
        )
    return tokens.checked(os.environ[variable], f"the variable {variable}")


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    try:
        token: str | None = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise _refused(error) from None
    if token is None:
        hint = f"{NAME} config set {name} --token-keyring asks for it"
        raise UsageError(f"the keyring holds no token for panel {name!r}", hints=(hint,))
    return tokens.checked(token, "the keyring")


def _keyring() -> Any:
    try:
        import_module("keyring.errors")
        return import_module("keyring")
    except ModuleNotFoundError as error:
        missing = error.name
    raise UsageError(f"the keyring needs the package {missing}", hints=(EXTRA_HINT,))


def _refused(error: Exception) -> UsageError:
    # Its text is the keyring's own: it names a backend, never a secret.
    hint = "where no keyring runs, keep the token in a file that only you can read: --token-file FILE"
    return UsageError(f"the keyring can't be used: {type(error).__name__}: {error}", hints=(hint,))
