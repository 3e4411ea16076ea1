"""XML as the API document shows it, independent of the client's codec so that the two check each other.

The standard library's expat is enough: a DOCTYPE is refused before an entity can be declared, and depth and number of
elements are limited while parsing. The size of a document is limited where the request's body is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast
from xml.parsers import expat

MAX_DEPTH = 32
MAX_ELEMENTS = 50_000

Node = str | dict[str, list["Node"]]
"""Text of an element without children, or all its children by name. Types are given later, field by field."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlError(ValueError):
    """The document can't be accepted; the text says why."""


def decode(body: bytes) -> dict[str, list[Node]]:
    """Read a document whose root is `<xml>`."""
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.XmlDeclHandler = builder.declaration
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat's own interface
    except expat.ExpatError as error:
        raise XmlError(f"not well-formed XML: {expat.ErrorString(error.code)}, line {error.lineno}") from error
    return builder.result()


def encode(values: Mapping[str, object]) -> bytes:
    """Write a document, one element a line, members in alphabetical order as in the API document."""
    return "\n".join(_element("xml", values)).encode()


class _Builder:
    def __init__(self) -> None:
        self._names: list[str] = []
        self._children: list[dict[str, list[Node]]] = [{}]
        self._texts: list[list[str]] = [[]]
        self._elements = 0

    def result(self) -> dict[str, list[Node]]:
        ((name, (root, *_)),) = self._children[0].items()
        if name != "xml":
            raise XmlError("the root element must be <xml>")
        if isinstance(root, str):
            if root.strip():
                raise XmlError("the root element must contain elements")
            return {}
        return root

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            raise XmlError("the encoding must be UTF-8")

    def doctype(self, *_: object) -> None:
        raise XmlError("a DOCTYPE is not accepted")

    def start(self, name: str, _attributes: object) -> None:
        self._elements += 1
        if len(self._names) >= MAX_DEPTH:
            raise XmlError(f"elements are nested deeper than {MAX_DEPTH}")
        if self._elements > MAX_ELEMENTS:
            raise XmlError(f"more than {MAX_ELEMENTS} elements")
        self._names.append(name)
        self._children.append({})
        self._texts.append([])

    def text(self, data: str) -> None:
        self._texts[-1].append(data)

    def end(self, name: str) -> None:
        self._names.pop()
        children, text = self._children.pop(), "".join(self._texts.pop())
        if children and text.strip():
            raise XmlError(f"<{name}> mixes text and elements")
        self._children[-1].setdefault(name, []).append(children or text)


def _element(name: str, value: object) -> Iterator[str]:
    """The lines of one member: an array is its element repeated, without a wrapper."""
    if value and isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _element(name, item)
    elif value and isinstance(value, Mapping):
        yield f"<{name}>"
        for key, member in sorted(cast("Mapping[str, object]", value).items()):
            yield from _element(key, member)
        yield f"</{name}>"
    else:
        text = _text(value)
        yield f"<{name}>{text}</{name}>" if text else f"<{name}/>"


def _text(value: object) -> str:
    if value is None or isinstance(value, list | Mapping):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = _ILLEGAL.sub("\ufffd", str(value))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
