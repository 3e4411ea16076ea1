"""Turns JSON values into the API's XML and back, because the platform speaks both and the client thinks in JSON.

XML has no numbers, lists or null. Both directions are therefore led by a shape, which `scripts/generate` derives from
openapi.yaml (`profile_export_api.xml_shapes`): the shape says which elements are lists and which texts are numbers.

What stands for what (source: the API document's examples; "assumed" where it shows none):

- The root is `<xml>`, without a prolog. Every element stands on a line of its own, except that a text stays directly
  between its tags, where every character counts. Reading, element order and white space between elements mean nothing.
- A list is its element repeated. One element, no element text, and a wrapper around plain values are read too.
- An empty element is what the shape makes of it (`empty_value`): `[]`, null, `{}` or `""`.
- Where the shape allows anything (`custom_request`, unknown elements), values are texts, dicts where an element has
  children, and lists where it is repeated. Numbers and booleans are written as in JSON; that they were no texts is
  known to the receiver only, as with `source_id` (assumed).
- Attributes, comments and processing instructions carry nothing in this API and are passed over (assumed). Text beside
  elements has no meaning here and breaks the contract.

Nothing is guessed silently: a value that would read back as another one is refused before it is sent, such as null,
`{}`, `[]` and a list of one where anything is allowed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, Required, TypedDict, TypeGuard, cast
from xml.parsers import expat

from profile_export._xml_tree import BLANK, LIMITS, Limits, Node, XmlError, XmlProblem, is_blank, join, parse

Kind = Literal["object", "array", "string", "integer", "number", "boolean", "null", "any"]


class Shape(TypedDict, total=False):
    """A schema, reduced to what a reader needs; the same structure as in the generated `xml_shapes`."""

    kind: Required[Kind]
    name: str
    nullable: bool
    members: dict[str, Shape]
    others: Shape
    loose: bool
    items: Shape


class XmlEncodingError(XmlProblem):
    """The value can't be written in XML, or would be read back as another one; `path` is its key."""


ANY: Shape = {"kind": "any"}

_CANT_CARRY = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile(r"[\s<>&/=:]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(_INTEGER.pattern + r"(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "any": (str, int, float, bool),
}
_EMPTY: tuple[object, ...] = (None, "", [], {})
_EXACT = frozenset({"string", "any"})  # where blank text is content; elsewhere it is layout
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})  # a bare CR is read as a newline


def empty_value(shape: Shape) -> object:
    """The one value that an empty element means; where there is none, NotImplemented.

    Lists come first, as documented (`<errors/>` is `[]`), then null, which a refusal's `<data/>` shows.
    """
    kind = shape["kind"]
    if kind == "array":
        return []
    if kind in _EXACT:
        return ""
    if kind == "null" or shape.get("nullable"):
        return None
    return {} if kind == "object" else NotImplemented


def _inner(shape: Shape, key: str, path: str, error: type[XmlProblem]) -> Shape:
    """The shape of a member, known or not."""
    inner = shape.get("members", {}).get(key) or (ANY if shape["kind"] == "any" else shape.get("others"))
    if inner is None:
        raise error(path, "the contract has no such member")
    return inner


def _items(shape: Shape) -> Shape | None:
    """The shape of a repeated element's values; None where an element may not be repeated."""
    if shape["kind"] == "array":
        return shape.get("items", ANY)
    return ANY if shape["kind"] == "any" or shape.get("loose") else None


def encode(value: Mapping[str, object], shape: Shape) -> bytes:
    """Writes a JSON object as a document, its members in the given order.

    Raises:
        XmlEncodingError: A key is no XML name, a text holds a character that XML can't carry, a value doesn't fit its
            shape or would be read back as another one.
    """
    lines = _element(shape.get("name", "xml"), value, shape, "", LIMITS.max_depth)
    return "\n".join(lines).encode()


def _element(tag: str, value: object, shape: Shape, path: str, depth: int) -> Iterator[str]:
    """The lines of one element."""
    if depth == 0:
        raise XmlEncodingError(path, f"more than {LIMITS.max_depth} levels can't be sent in XML")
    if _reads_as_empty(value, shape):
        yield f"<{tag}/>"
    elif _is_object(value) and value and shape["kind"] in {"object", "any"}:
        yield f"<{tag}>"
        for key, member in value.items():
            yield from _member(key, member, shape, path, depth - 1)
        yield f"</{tag}>"
    else:
        yield f"<{tag}>{_text(value, shape, path)}</{tag}>"


def _reads_as_empty(value: object, shape: Shape) -> bool:
    """Whether the value is what an empty element means; other values that would read so are for `_text` to refuse."""
    empty = empty_value(shape)
    return type(value) is type(empty) and value == empty


def _member(key: object, value: object, shape: Shape, path: str, depth: int) -> Iterator[str]:
    """The lines of one member: an element, or several for a list."""
    if not isinstance(key, str):
        raise XmlEncodingError(path, "a key is no text")
    path = join(path, key)
    inner = _inner(shape, key, path, XmlEncodingError)
    if not _is_name(key):
        raise XmlEncodingError(path, "a key that is no XML name can't be sent in XML; it can be sent in JSON")
    items = _items(inner)
    if _is_list(value) and value and items:
        yield from _repeated(key, value, items, path, depth, lone=inner["kind"] == "array")
    else:
        yield from _element(key, value, inner, path, depth)


def _repeated(tag: str, values: list[object], items: Shape, path: str, depth: int, *, lone: bool) -> Iterator[str]:
    """The lines of a list; `lone` tells that the reader knows a single element to be a list."""
    if len(values) == 1:
        if not lone:
            raise XmlEncodingError(path, "a list of one can't be told from its item in XML; JSON can send it")
        if is_blank(values[0]) or _reads_as_empty(values[0], items):
            raise XmlEncodingError(path, "a list of one empty item can't be told from an empty list in XML")
    for number, value in enumerate(values):
        inner = f"{path}[{number}]"
        if _is_list(value):
            raise XmlEncodingError(inner, "XML can't tell a list inside a list apart; JSON can send it")
        yield from _element(tag, value, items, inner, depth)


def _is_object(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _text(value: object, shape: Shape, path: str) -> str:
    """The text of an element without children."""
    if value in _EMPTY and empty_value(shape) is not NotImplemented:
        means, given = json.dumps(empty_value(shape)), json.dumps(value)
        raise XmlEncodingError(path, f"an empty element means {means} in XML here, not {given}; JSON can send both")
    kind = "any" if shape.get("loose") else shape["kind"]
    accepted = _PLAIN.get(kind, ())
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        given = "null" if value is None else f"a value of type {type(value).__name__}"
        raise XmlEncodingError(path, f"{given} was given where the contract has {kind}")
    if isinstance(value, str):
        if is_blank(value) and shape["kind"] not in _EXACT:
            raise XmlEncodingError(path, "a blank text can't be told from an empty value in XML here")
        if _CANT_CARRY.search(value):
            raise XmlEncodingError(path, "the text holds a character that XML can't carry")
        return value.translate(_ESCAPES)
    if isinstance(value, float) and not math.isfinite(value):
        raise XmlEncodingError(path, "this number is not finite")
    return json.dumps(value)


def _is_name(key: str) -> bool:
    """Whether expat, the judge when reading, takes the key for an element's name.

    A colon is refused though it is legal: readers that know namespaces reject a prefix that nobody declared.
    """
    if _MARKUP.search(key) or _CANT_CARRY.search(key):
        return False
    try:
        expat.ParserCreate("utf-8").Parse(f"<{key}/>".encode(), True)  # noqa: FBT003  (expat's own signature)
    except expat.ExpatError:
        return False
    return True


def decode(body: bytes, shape: Shape, *, limits: Limits = LIMITS) -> dict[str, object]:
    """Reads a document into a JSON object whose types follow the shape.

    Raises:
        XmlError: The document is no well-formed XML, is refused for what it holds or how large it is, or doesn't fit
            the shape. Members that are missing are no such case: the schema judges them.
    """
    root = parse(body, limits)
    if root.name != shape.get("name", "xml"):
        raise XmlError("", f"the root element isn't <{shape.get('name', 'xml')}>")
    value = _value(root, shape, "")
    if not isinstance(value, dict):
        raise XmlError("", "the document holds no elements")
    return cast("dict[str, object]", value)


def _value(node: Node, shape: Shape, path: str) -> object:
    """What a single element means."""
    kind = shape["kind"]
    if not node.children and (not node.text or (kind not in _EXACT and is_blank(node.text))):
        empty = empty_value(shape)
        if empty is NotImplemented:
            raise XmlError(path, f"an empty element was found where the contract has {kind}")
        return empty
    if kind == "array":
        return _list(node, shape.get("items", ANY), path)
    if node.children and kind in {"object", "any"}:
        return _members(node, shape, path)
    if node.children or (kind == "object" and not shape.get("loose")):
        found = "elements were" if node.children else "a text was"
        raise XmlError(path, f"{found} found where the contract has {kind}")
    return _typed(node.text, kind, path)


def _list(node: Node, items: Shape, path: str) -> list[object]:
    """The list that a single element stands for: its only item, or a wrapper.

    Only around plain values is a wrapper certain; elsewhere children may as well be the members of the one item.
    """
    wrapped = node.children and items["kind"] in {"string", "integer", "number", "boolean"}
    nodes = node.children if wrapped else [node]
    return [_value(item, items, f"{path}[{number}]") for number, item in enumerate(nodes)]


def _members(node: Node, shape: Shape, path: str) -> dict[str, object]:
    groups: dict[str, list[Node]] = {}
    for child in node.children:
        groups.setdefault(child.name, []).append(child)
    return {name: _member_value(name, nodes, shape, join(path, name)) for name, nodes in groups.items()}


def _member_value(name: str, nodes: list[Node], parent: Shape, path: str) -> object:
    shape = _inner(parent, name, path, XmlError)
    if len(nodes) == 1:
        return _value(nodes[0], shape, path)
    items = _items(shape)
    if items is None:
        raise XmlError(path, "the element occurs more than once")
    return [_value(node, items, f"{path}[{number}]") for number, node in enumerate(nodes)]


def _typed(text: str, kind: Kind, path: str) -> object:
    if kind not in _READERS:
        return text
    value = _READERS[kind](text.strip(BLANK))
    if value is None:
        # The text itself is not shown: it may be anything, even a secret that was echoed.
        raise XmlError(path, f"the text is no {kind}")
    return value


def _integer(text: str) -> int | None:
    try:
        return int(text) if _INTEGER.fullmatch(text) else None
    except ValueError:  # more digits than Python is willing to convert
        return None


def _number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text) or not _NUMBER.fullmatch(text):
        return _integer(text)
    value = float(text)
    return value if math.isfinite(value) else None


_READERS: dict[Kind, Callable[[str], object]] = {
    "integer": _integer,
    "number": _number,
    "boolean": {"true": True, "false": False}.get,
    "null": lambda _: None,
}
