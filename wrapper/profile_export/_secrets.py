"""The API token, held so that nothing can print it by accident.

Not a `str` subclass: json, string formatting with `%` and `+`, and pickle would all take the true text of one. A
plain holder has no text to take; only the credential line asks for it, by name.
"""

from __future__ import annotations

import html
import re
from typing import Any, Final, NoReturn, final

from profile_export.errors import UsageError

MASK: Final = "***"
# Shorter texts occur in innocent places ("1", "csv"), so masking them in a panel's data would damage it.
SHORTEST_MASKED: Final = 8


@final
class Secret:
    """A token whose text is given by `reveal()` only; repr, str, format and pickle never show it."""

    __slots__ = ("__spellings", "__text")

    def __init__(self, text: str) -> None:
        if not text:
            raise UsageError("the token is empty", hints=("set PROFILE_EXPORT_TOKEN or pass token=...",))
        if not text.isprintable() or text != text.strip():
            raise UsageError(
                "the token has blanks around it or characters that can't be printed",
                hints=("a line break often comes along when a token is copied or read from a file",),
            )
        self.__text = text
        self.__spellings = re.compile("".join(_spellings(letter) for letter in text))

    def reveal(self) -> str:
        """The true text. For the credential line only."""
        return self.__text

    def mask(self, text: str) -> str:
        """`text` with the token masked, as it is and as URLs, JSON, XML, and Python's repr of bytes write it."""
        return self.__spellings.sub(MASK, text)

    def mask_within(self, value: Any) -> Any:
        """A JSON value that a server wrote, with the token masked in all its texts."""
        if len(self.__text) < SHORTEST_MASKED:
            return value
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, list):
            return [self.mask_within(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, dict):
            members: dict[str, Any] = dict(value)  # pyright: ignore[reportUnknownArgumentType]
            return {self.mask(key): self.mask_within(item) for key, item in members.items()}
        return value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return format(MASK, format_spec)

    def __reduce__(self) -> NoReturn:
        message = "a secret can't be pickled or copied"
        raise TypeError(message)


def _spellings(letter: str) -> str:
    """A pattern for a letter in all the ways that a server may write it; letters and digits stay as they are."""
    if letter.isascii() and letter.isalnum():
        return letter
    percent = "".join(f"%{byte:02X}" for byte in letter.encode())
    # As Python shows bytes, which is how heads of answers get into logs.
    in_bytes = "".join(f"\\x{byte:02x}" for byte in letter.encode())
    in_json = re.sub("(....)", r"\\u\1", letter.encode("utf-16-be").hex())
    numbered = f"&#{ord(letter)};"
    plain = {letter, html.escape(letter), numbered, f"\\{letter}", "+" if letter == " " else letter}
    # The longest first, or "&" would be taken for the whole of "&amp;".
    in_words = "|".join(map(re.escape, sorted(plain, reverse=True)))
    return f"(?:{in_words}|(?i:{re.escape(percent)}|{re.escape(in_json)}|{re.escape(in_bytes)}))"
