"""Reads XML bodies by the contract's shapes, and teaches schemathesis to: without that it accepts every XML answer."""

from __future__ import annotations

import re
from typing import Any, Final

import schemathesis

from profile_export import _xml
from profile_export_api.xml_shapes import SHAPES
from scripts.verification.contract import XML, Side

CANT_CARRY: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold."""


def decode(body: bytes, path: str, side: Side) -> Any:
    """The JSON value that an XML body of one of the contract's paths stands for."""
    return _xml.decode(body, SHAPES[path][side])


@schemathesis.deserializer(XML)
def deserialize(context: schemathesis.DeserializationContext, response: schemathesis.Response) -> Any:
    """What schemathesis validates against the schema when an answer is XML."""
    return decode(response.content, context.operation.path, "answer")
