"""The API reference, rendered from the contract to plain HTML.

Why not Swagger UI or Redoc: the packages on PyPI that carry their files are bound to another web framework
(flask-swagger-ui, fastapi-offline), load them from the network (scalar-fastapi), bring seven megabytes for a dozen
frameworks (swagger-ui-py), or stopped in 2023 (swagger-ui-bundle). For three operations, this page without a script
says more: it shows each example in JSON and in XML, and needs no network and no patience.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping

from profile_export.sandbox.html import esc, inline, markdown, table
from profile_export.sandbox.schemas import Json, Member, Schemas, as_list, as_object

_METHODS = ("get", "put", "post", "delete", "patch")


def render(contract: Json) -> str:
    """The page's body."""
    return "".join(_Reference(contract).parts())


class _Reference:
    def __init__(self, contract: Json) -> None:
        self._contract = contract
        self._schemas = Schemas(contract)
        self._numbers = itertools.count(1)

    def parts(self) -> Iterator[str]:
        info = as_object(self._contract.get("info"))
        yield f'<h1>{esc(info.get("title", "API"))} <span class="soft">{esc(info.get("version", ""))}</span></h1>'
        yield markdown(str(info.get("description", "")))
        yield self._contents()
        for method, path, operation in self._operations():
            yield self._operation(method, path, operation)
        yield self._security()

    def _operations(self) -> Iterator[tuple[str, str, Json]]:
        for path, item in as_object(self._contract.get("paths")).items():
            for method in _METHODS:
                if method in as_object(item):
                    yield method, path, as_object(as_object(item)[method])

    def _contents(self) -> str:
        rows = (
            (
                f'<a href="#{esc(operation.get("operationId", path))}">{_title(method, path)}</a>',
                inline(str(operation.get("summary", ""))),
            )
            for method, path, operation in self._operations()
        )
        return f'<section class="card">{table(("Operation", "What for"), rows)}</section>'

    def _operation(self, method: str, path: str, operation: Json) -> str:
        return (
            f'<section class="card" id="{esc(operation.get("operationId", path))}">'
            f"<h2>{_title(method, path)}</h2>"
            f"<p><strong>{inline(str(operation.get('summary', '')))}</strong></p>"
            + markdown(str(operation.get("description", "")))
            + self._parameters(operation)
            + self._request(operation)
            + self._responses(operation)
            + "</section>"
        )

    def _parameters(self, operation: Json) -> str:
        found = [self._schemas.resolve(parameter) for parameter in as_list(operation.get("parameters"))]
        members = [
            (
                str(parameter.get("in", "")),
                Member(
                    str(parameter.get("name", "")),
                    self._schemas.type_of(parameter.get("schema")),
                    bool(parameter.get("required")),
                    str(parameter.get("description", "")),
                ),
            )
            for parameter in found
        ]
        if not members:
            return ""
        rows = (
            (_name(member) + _place(place), esc(member.type), markdown(member.description)) for place, member in members
        )
        return "<h3>Parameters</h3>" + table(("Parameter", "Type", "Meaning"), rows, kind="members")

    def _request(self, operation: Json) -> str:
        body = self._schemas.resolve(operation.get("requestBody"))
        if not body:
            return ""
        return "<h3>Request body</h3>" + self._content(body)

    def _responses(self, operation: Json) -> str:
        parts = ["<h3>Answers</h3>"]
        for status, response in as_object(operation.get("responses")).items():
            found = self._schemas.resolve(response)
            label = "Any other status" if status == "default" else f"HTTP {status}"
            parts.append(
                f"<details{' open' if status == '200' else ''}><summary><strong>{esc(label)}</strong></summary>"
                + markdown(str(found.get("description", "")))
                + self._headers(found)
                + self._content(found)
                + "</details>"
            )
        return "".join(parts)

    def _headers(self, response: Json) -> str:
        rows = [
            (f"<code>{esc(name)}</code>", markdown(str(self._schemas.resolve(header).get("description", ""))))
            for name, header in as_object(response.get("headers")).items()
        ]
        return table(("Header", "Meaning"), rows, kind="members") if rows else ""

    def _content(self, holder: Json) -> str:
        content = as_object(holder.get("content"))
        schema = next((as_object(media).get("schema") for media in content.values()), None)
        types = ", ".join(f"<code>{esc(name)}</code>" for name in content)
        return f'<p class="soft">{types}</p>' + self._members(schema) + self._examples(content)

    def _members(self, schema: object) -> str:
        parts: list[str] = []
        for name, variant in self._schemas.variants(schema):
            rows = [
                (_name(member), esc(member.type), markdown(member.description))
                for member in self._schemas.members(variant)
            ]
            if rows:
                title = f"<h4>{esc(name)}</h4>" if name else ""
                parts.append(title + table(("Member", "Type", "Meaning"), rows, kind="members"))
        return "".join(parts)

    def _examples(self, content: Json) -> str:
        panes = [(media_type, list(_named_examples(as_object(media)))) for media_type, media in content.items()]
        panes = [pane for pane in panes if pane[1]]
        if not panes:
            return ""
        return f'<h4>Examples</h4><div class="tabs">{"".join(self._panes(panes))}</div>'

    def _panes(self, panes: list[tuple[str, list[tuple[str, object]]]]) -> Iterator[str]:
        group = next(self._numbers)
        for number, (media_type, examples) in enumerate(panes):
            tab = f"tab-{group}-{number}"
            checked = "" if number else " checked"
            shown = "".join(f"<p>{inline(title)}</p><pre>{esc(_example(value))}</pre>" for title, value in examples)
            yield (
                f'<input type="radio" name="tabs-{group}" id="{tab}"{checked}>'
                f'<label for="{tab}">{esc(_format_name(media_type))}</label><div class="pane">{shown}</div>'
            )

    def _security(self) -> str:
        schemes = as_object(as_object(self._contract.get("components")).get("securitySchemes"))
        rows = (
            (f"<code>{esc(name)}</code>", markdown(str(as_object(scheme).get("description", ""))))
            for name, scheme in schemes.items()
        )
        return (
            f'<section class="card"><h2>Authentication</h2>{table(("Way", "Meaning"), rows, kind="members")}</section>'
        )


def _title(method: str, path: str) -> str:
    return f'<span class="method {esc(method)}">{esc(method.upper())}</span><span class="path">{esc(path)}</span>'


def _name(member: Member) -> str:
    required = '<br><span class="required">required</span>' if member.required else ""
    return f"<code>{esc(member.path)}</code>{required}"


def _place(place: str) -> str:
    return f'<br><span class="place">in {esc(place)}</span>'


def _named_examples(media: Json) -> Iterator[tuple[str, object]]:
    for name, example in as_object(media.get("examples")).items():
        found = as_object(example)
        yield str(found.get("summary", name)), found.get("value")


def _example(value: object) -> str:
    if isinstance(value, str):
        return value.rstrip("\n")
    if isinstance(value, Mapping | list):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value)


def _format_name(media_type: str) -> str:
    return {"application/json": "JSON", "application/xml": "XML"}.get(media_type, media_type)
