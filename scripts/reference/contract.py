"""The page about the contract: every operation with its fields and examples, from openapi.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scripts.reference.markdown import code, fence, table
from scripts.verification.contract import follow, load, operations

INTRO = """# The contract

Written by `scripts/docs --write` from [openapi.yaml](../../openapi.yaml), which is the contract; in doubt, that counts.
*Documented* is what the API document says; *elsewhere*, what another public page of the platform says; *assumed*, what
nobody says, so that the client survives its opposite.

"""


def page() -> str:
    """The whole page."""
    document = load()
    info = document["info"]
    parts = [f"OpenAPI {document['openapi']}, API version {info['version']}.\n", info["description"]]
    for path, method, operation in operations(document):
        parts += _operation(document, f"{method.upper()} {path}", operation)
    parts.append("## Schemas\n")
    for name, schema in document["components"]["schemas"].items():
        parts += [f"### {name}\n", schema.get("description", ""), *_schema(document, schema)]
    return INTRO + "\n".join(part.rstrip() + "\n" for part in parts if part.strip())


def _operation(document: dict[str, Any], request: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"## {operation['operationId']}\n"
    yield fence("text", request)
    yield f"{operation['summary']}.\n"
    yield operation.get("description", "")
    ways = [" and ".join(code(name) for name in way) or "the token in the body" for way in operation["security"]]
    yield f"Authentication: {', or '.join(ways)}.\n"
    parameters = [follow(document, parameter) for parameter in operation.get("parameters", [])]
    if parameters:
        yield table(
            ["parameter", "in", "meaning"],
            (
                [code(one["name"]) + (" (required)" if one["required"] else ""), one["in"], one["description"]]
                for one in parameters
            ),
        )
    if "requestBody" in operation:
        yield "### Request\n"
        yield from _contents(document, operation["requestBody"]["content"])
    for status, given in operation["responses"].items():
        answer = follow(document, given)
        yield f"### {'Any other status' if status == 'default' else f'Answer {status}'}\n"
        yield answer["description"]
        for name, header in answer.get("headers", {}).items():
            yield f"Header {code(name)}: {follow(document, header)['description']}\n"
        yield from _contents(document, answer.get("content", {}))
        for name, link in answer.get("links", {}).items():
            yield f"Link `{name}` to [{link['operationId']}](#{link['operationId']}): {link['description']}\n"


def _contents(document: dict[str, Any], contents: dict[str, Any]) -> Iterator[str]:
    for media, content in contents.items():
        yield f"{code(media)}: {_type(document, content['schema'])}\n"
    for media, content in contents.items():
        for example in content.get("examples", {}).values():
            value = example["value"]
            language, text = ("xml", value) if isinstance(value, str) else ("json", json.dumps(value, indent=2))
            yield f"{example['summary']}, as {code(media)}:\n"
            yield fence(language, text)


def _schema(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("properties"):
        required = schema.get("required", [])
        yield table(
            ["field", "type", "required", "meaning"],
            (
                [code(name), _type(document, field), "yes" if name in required else "", _meaning(document, field)]
                for name, field in schema["properties"].items()
            ),
        )
    else:
        yield f"Type: {_type(document, schema)}.\n"


def _meaning(document: dict[str, Any], field: dict[str, Any]) -> str:
    text = field.get("description") or follow(document, field).get("description", "")
    return f"{text} Default: {code(field['default'])}." if "default" in field else text


def _type(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to those that have a name."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return " or ".join(_type(document, branch) for branch in schema[key])
    if "enum" in schema:
        return " or ".join(code(value) for value in schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"array of {_type(document, schema['items'])}"
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    form = [schema["format"]] if "format" in schema else []
    return " ".join([*form, kind, *bounds])
