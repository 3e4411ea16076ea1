"""What openapi.yaml says about the types in XML bodies. Written by scripts/generate; never edit it by hand.

XML has no numbers, lists or null, so reading it takes the schema: SHAPES maps a path of the contract to the shape of
its request's and of its answer's root element.
"""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict


class Shape(TypedDict, total=False):
    """A schema, reduced to what a reader of XML needs.

    The shapes inside are typed as Any: a type checker that compares two recursive types of the same structure, this
    one and the reader's, may not come to an end.
    """

    kind: Required[Literal["object", "array", "string", "integer", "number", "boolean", "null", "any"]]
    name: str  # of a root element
    nullable: bool
    members: dict[str, Any]  # of an object
    others: Any  # of an object's further members; without it there may be none
    loose: bool  # of an object: something else may stand in its place
    items: Any  # of an array, whose element is repeated without a wrapper


Side = Literal["request", "answer"]

# The root elements of each path; a side without XML is left out.
SHAPES: dict[str, dict[Side, Shape]] = {
    "/api/v1.1/profiles/get_all": {
        "request": {
            "kind": "object",
            "members": {
                "token": {"kind": "string"},
                "source_type": {"kind": "string"},
                "source_id": {"kind": "integer"},
                "file_format": {"kind": "string"},
                "custom_request": {"kind": "object", "members": {}, "others": {"kind": "any"}},
            },
            "others": {"kind": "any"},
            "name": "xml",
        },
        "answer": {
            "kind": "object",
            "members": {
                "data": {
                    "kind": "object",
                    "members": {"task_id": {"kind": "string"}},
                    "others": {"kind": "any"},
                    "loose": True,
                    "nullable": True,
                },
                "error": {"kind": "integer"},
                "error_text": {"kind": "string"},
            },
            "others": {"kind": "any"},
            "name": "xml",
        },
    },
    "/api/v1.1/tasks/status": {
        "request": {
            "kind": "object",
            "members": {"token": {"kind": "string"}, "task_id": {"kind": "string"}},
            "others": {"kind": "any"},
            "name": "xml",
        },
        "answer": {
            "kind": "object",
            "members": {
                "data": {
                    "kind": "object",
                    "members": {
                        "status": {"kind": "string"},
                        "progress": {"kind": "integer"},
                        "result": {
                            "kind": "object",
                            "members": {
                                "errors": {"kind": "array", "items": {"kind": "any"}},
                                "source_id": {"kind": "integer"},
                                "total": {"kind": "integer"},
                                "type": {"kind": "string"},
                                "urls": {"kind": "array", "items": {"kind": "string"}, "nullable": True},
                            },
                            "others": {"kind": "any"},
                            "nullable": True,
                        },
                    },
                    "others": {"kind": "any"},
                    "loose": True,
                    "nullable": True,
                },
                "error": {"kind": "integer"},
                "error_text": {"kind": "string"},
            },
            "others": {"kind": "any"},
            "name": "xml",
        },
    },
    "/api/download/data/{file_id}/{file_name}": {
        "answer": {
            "kind": "object",
            "members": {
                "data": {"kind": "any"},
                "error": {"kind": "integer"},
                "error_text": {"kind": "string"},
            },
            "others": {"kind": "any"},
            "name": "xml",
        }
    },
    "/api/download/{file_id}/{file_name}": {
        "answer": {
            "kind": "object",
            "members": {
                "data": {"kind": "any"},
                "error": {"kind": "integer"},
                "error_text": {"kind": "string"},
            },
            "others": {"kind": "any"},
            "name": "xml",
        }
    },
}
