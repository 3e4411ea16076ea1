"""Reads XML from a server into a plain tree, and refuses what could cost this machine more than reading it.

The standard library's expat is enough against hostile XML, with the guards of this module. A DOCTYPE is refused where
it begins, and an exception in a handler stops expat at once; without a DOCTYPE there are no entities but the five of
XML itself, and nothing external. Size is checked before, depth and number of elements while parsing. defusedxml
would add a dependency without a limit on depth, and xmltodict does not know types.
"""

from __future__ import annotations

import json
from functools import reduce
from xml.parsers import expat

import attrs

BLANK = " \t\r\n"  # white space to XML; Python's own notion is wider
# What expat reads by itself; any other name would make it ask Python's codecs, chosen by whoever wrote the document.
_ENCODINGS = frozenset({"UTF-8", "UTF-16", "ISO-8859-1", "US-ASCII"})


class XmlProblem(ValueError):
    """What is wrong, and where: `path` is an element or a key, empty for the whole; `reason` never quotes content."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class XmlError(XmlProblem):
    """The document can't be read, or doesn't fit its shape.

    `path` is the element (`data.result.total`), empty for the whole document; `reason` never quotes its content.
    """


@attrs.frozen
class Limits:
    """How much a document may demand of this machine.

    The defaults leave room for tens of thousands of links; the platform itself limits bodies to 10 MB by default.
    """

    max_bytes: int = 10 * 1024 * 1024
    max_nodes: int = 100_000
    # Shaping calls itself once for each level, so the depth must stay far below Python's own limit.
    max_depth: int = attrs.field(default=32, validator=attrs.validators.in_(range(1, 101)))


LIMITS = Limits()


@attrs.define
class Node:
    """An element: its name, its elements, and its text, which came in chunks."""

    name: str
    children: list[Node] = attrs.field(factory=list["Node"])
    chunks: list[str] = attrs.field(factory=list[str])

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.chunks)


class _Builder:
    """Builds the tree of one document, and refuses what could cost this machine more than reading it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._nodes = 0
        self._top = Node("")
        self._open = [self._top]

    def build(self, body: bytes) -> Node:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(body, True)  # noqa: FBT003  (expat's own signature)
        except expat.ExpatError as error:
            # Not expat's own words: they speak of an "invalid token", which here means something else.
            where = f"line {error.lineno}, column {error.offset + 1}"
            raise XmlError("", f"the document is no well-formed XML ({where})") from None
        return self._top.children[0]

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.upper() not in _ENCODINGS:
            raise XmlError("", "the document's encoding isn't supported")

    def _doctype(self, *_: object) -> None:
        raise XmlError("", "a DOCTYPE is refused")

    def _start(self, name: str, _attributes: object) -> None:
        self._nodes += 1
        if self._nodes > self._limits.max_nodes:
            raise XmlError("", f"the document holds more than {self._limits.max_nodes} elements")
        if len(self._open) > self._limits.max_depth:
            raise XmlError("", f"the document is nested deeper than {self._limits.max_depth} levels")
        node = Node(name)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        node = self._open[-1]
        if node.children and not is_blank(node.text):
            path = reduce(join, [parent.name for parent in self._open[2:]], "")
            raise XmlError(path, "a text stands beside elements")
        self._open.pop()

    def _text(self, chunk: str) -> None:
        self._open[-1].chunks.append(chunk)


def parse(body: bytes, limits: Limits = LIMITS) -> Node:
    """The root element.

    Raises:
        XmlError: The document is no well-formed XML, or is refused for what it holds or how large it is.
    """
    if len(body) > limits.max_bytes:
        raise XmlError("", f"the document is larger than {limits.max_bytes} bytes")
    return _Builder(limits).build(body)


def join(path: str, key: str) -> str:
    """A path that can stand in a message, whatever a hostile name holds."""
    shown = key if key.isprintable() and 0 < len(key) <= 64 else json.dumps(key[:64])
    return f"{path}.{shown}" if path else shown


def is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip(BLANK)
