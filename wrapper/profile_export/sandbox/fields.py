"""The fields that a profile has: the one list that seeding, filtering, and exporting agree on."""

from __future__ import annotations

from typing import Literal

FieldKind = Literal["text", "number", "texts"]
"""`texts` is an array of strings, stored as compact JSON."""

FIELDS: dict[str, FieldKind] = {
    "_id": "number",
    "email": "text",
    "phones": "texts",
    "_fname": "text",
    "_lname": "text",
    "_bdate": "text",
    "_city": "text",
    "_status": "text",
    "_regdate": "text",
    "occupation": "text",
    "loyalty_code": "text",
    "visits": "number",
    "comment": "text",
}
"""In the order of the csv columns. Names beginning with an underscore are the panel's own, the others are custom."""
