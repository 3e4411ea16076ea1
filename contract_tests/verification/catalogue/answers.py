"""Panels whose answers have another shape, format or status than the contract says."""

from __future__ import annotations

import gzip
import json

from contract_tests.conformance.faulty import Asked, Given
from contract_tests.verification.bench import Panel
from contract_tests.verification.catalogue.acts import (
    answers_with,
    creates,
    data,
    drop,
    fails,
    finished,
    gives_file,
    header,
    hears,
    members,
    put,
    result,
    rewrites,
    tells,
    tells_state,
)
from scripts.verification.contract import JSON, XML


def always(asked: Asked, given: Given) -> bool:
    return not asked.downloads


def refused_create(asked: Asked, given: Given) -> bool:
    return asked.creates and fails(asked, given)


def unreadable(asked: Asked, given: Given) -> bool:
    return not asked.downloads and not members(asked)


def refused_file(asked: Asked, given: Given) -> bool:
    return asked.downloads and given.status != 200


SHAPE: dict[str, Panel] = {
    "create gives no task_id": Panel(fault=tells(creates, data(drop("task_id")))),
    "create gives no task_id in XML": Panel(fault=tells(creates, data(drop("task_id")), only="xml")),
    "create gives an empty task_id": Panel(fault=tells(creates, data(put(task_id="")))),
    "task_id is a number": Panel(fault=tells(creates, data(put(task_id=17)), only="json")),
    "create succeeds without data": Panel(fault=tells(creates, put(data=None))),
    "the task_id stands beside data": Panel(
        fault=tells(creates, lambda value: {**drop("data")(value), **value["data"]})
    ),
    "success has no error_text": Panel(fault=tells(tells_state, drop("error_text"))),
    "success has no error": Panel(fault=tells(tells_state, drop("error"))),
    "error is a text": Panel(fault=tells(creates, put(error="0"), only="json")),
    "the state is a list": Panel(
        fault=tells(tells_state, lambda value: {**value, "data": [value["data"]]}, only="json")
    ),
    "the state has no status": Panel(fault=tells(tells_state, data(drop("status")))),
    "the state has no progress": Panel(fault=tells(tells_state, data(drop("progress")), only="xml")),
    "progress is a text": Panel(
        fault=tells(tells_state, data(lambda state: {**state, "progress": f"{state['progress']}"}), only="json")
    ),
    "progress is a fraction": Panel(
        fault=tells(tells_state, data(lambda state: {**state, "progress": state["progress"] / 100 + 0.001}))
    ),
    "progress is 150 at the end": Panel(fault=tells(finished, data(put(progress=150)))),
    "progress is below zero": Panel(
        fault=tells(tells_state, data(lambda state: state if state.get("result") else {**state, "progress": -1}))
    ),
    "total is a text": Panel(
        fault=tells(finished, result(lambda made: {**made, "total": f"{made['total']}"}), only="json")
    ),
    "total in words in XML": Panel(fault=tells(finished, result(put(total="many")), only="xml")),
    "total is below zero": Panel(fault=tells(finished, result(put(total=-1)))),
    "urls is one text": Panel(
        fault=tells(finished, result(lambda made: {**made, "urls": made["urls"][0]}), only="json")
    ),
    "links are objects": Panel(
        fault=tells(
            finished, result(lambda made: {**made, "urls": [{"url": url} for url in made["urls"]]}), only="json"
        )
    ),
    "the result has no type": Panel(fault=tells(finished, result(drop("type")))),
    "the result has no source_id in XML": Panel(fault=tells(finished, result(drop("source_id")), only="xml")),
    "source_id is a text": Panel(
        fault=tells(finished, result(lambda made: {**made, "source_id": f"{made['source_id']}"}), only="json")
    ),
    "a refusal has no error_text": Panel(fault=tells(refused_create, drop("error_text"))),
    "a refusal's code is a text": Panel(
        fault=tells(refused_create, lambda value: {**value, "error": f"E{value['error']}"})
    ),
    "another root in XML": Panel(fault=rewrites(lambda body: body.replace(b"xml>", b"response>"), creates, only="xml")),
    "the answer is wrapped once more": Panel(fault=tells(tells_state, lambda value: {"response": value}, only="json")),
}

FORMAT: dict[str, Panel] = {
    "XML is answered in JSON": Panel(
        fault=answers_with(
            lambda asked, given: asked.creates and asked.media_type == XML and creates(asked, given),
            media_type=JSON,
            body=b'{"data": {"task_id": "1"}, "error": 0, "error_text": ""}',
        )
    ),
    "JSON calls itself XML": Panel(
        fault=answers_with(lambda asked, given: creates(asked, given) and given.media_type == JSON, media_type=XML)
    ),
    "XML calls itself JSON": Panel(
        fault=answers_with(lambda asked, given: fails(asked, given) and given.media_type == XML, media_type=JSON)
    ),
    "a refused create is a web page": Panel(
        fault=answers_with(refused_create, media_type="text/html", body=b"<html>Sorry</html>")
    ),
    "a refused create has no body": Panel(fault=answers_with(refused_create, body=b"")),
    "JSON calls itself plain text": Panel(fault=answers_with(tells_state, media_type="text/plain")),
    "answers have no Content-Type": Panel(fault=header("content-type", None, creates)),
    "the state is cut off": Panel(fault=rewrites(lambda body: body[:-5], finished)),
    "XML isn't escaped": Panel(
        fault=rewrites(lambda body: body.replace(b"Successful", b"Successful & complete"), tells_state, only="xml")
    ),
    "JSON isn't UTF-8": Panel(
        fault=rewrites(lambda body: body.replace(b"required", "n\u00e9cessaire".encode("latin-1")), fails, only="json")
    ),
    "a file calls itself a stream of bytes": Panel(
        fault=answers_with(gives_file, media_type="application/octet-stream")
    ),
    "a web page in place of a file": Panel(
        fault=answers_with(gives_file, media_type="text/html", body=b"<html>Log in</html>")
    ),
    "an envelope in place of a file": Panel(
        fault=answers_with(gives_file, media_type=JSON, body=b'{"error": 0, "error_text": "", "data": null}')
    ),
    "a web page that calls itself csv": Panel(
        fault=answers_with(gives_file, body=b"<html><body>Log in, please.</body></html>")
    ),
    "a file says that it is packed": Panel(fault=header("content-encoding", "gzip", gives_file)),
    "a packed file doesn't say so": Panel(fault=rewrites(gzip.compress)),
    "a file in UTF-16": Panel(fault=rewrites(lambda body: body.decode().encode("utf-16"))),
    "a file in another charset than announced": Panel(
        fault=header("content-type", "text/csv; charset=utf-16", gives_file)
    ),
    "JSON though csv was asked for": Panel(
        fault=hears(lambda said: {**said, "file_format": "json"} if "source_id" in said else None)
    ),
    "csv though JSON was asked for": Panel(
        fault=hears(lambda said: {**said, "file_format": "csv"} if "source_id" in said else None),
        aims={"file_format": "json"},
    ),
    "a file is shorter than announced": Panel(fault=header("content-length", "99999999", gives_file)),
    "a JSON file is cut off": Panel(fault=rewrites(lambda body: body[: len(body) // 2]), aims={"file_format": "json"}),
}

NOTHING = json.dumps({"data": None, "error": 500, "error_text": "Internal error"}).encode()

STATUS: dict[str, Panel] = {
    "create answers 201": Panel(fault=answers_with(creates, status=201)),
    "create succeeds under 400": Panel(fault=answers_with(creates, status=400)),
    "states come under 404": Panel(fault=answers_with(tells_state, status=404)),
    "500 for half a body": Panel(fault=answers_with(unreadable, status=500)),
    "500 for half a body of XML": Panel(
        fault=answers_with(lambda asked, given: unreadable(asked, given) and asked.media_type == XML, status=500)
    ),
    "500 for a text in place of a number": Panel(
        fault=answers_with(lambda asked, _: b'"one"' in asked.body or b">one<" in asked.body, status=500)
    ),
    "500 for an unknown task in XML": Panel(
        fault=answers_with(
            lambda asked, given: not asked.creates and fails(asked, given) and asked.media_type == XML, status=500
        )
    ),
    "502 for an object as task_id": Panel(
        fault=answers_with(
            lambda asked, _: b'{"id"' in asked.body, status=502, media_type="text/html", body=b"Bad gateway"
        )
    ),
    "503 for a wrong token": Panel(
        fault=answers_with(lambda asked, given: asked.downloads and given.status == 403, status=503)
    ),
    "500 for an unknown file": Panel(
        fault=answers_with(lambda asked, given: asked.downloads and given.status == 404, status=500)
    ),
    "states redirect": Panel(
        fault=answers_with(lambda asked, given: finished(asked, given) and asked.media_type == XML, status=302)
    ),
    "XML is not understood": Panel(
        fault=answers_with(lambda asked, _: asked.creates and asked.media_type == XML, status=415)
    ),
    "files come under 404": Panel(fault=answers_with(gives_file, status=404)),
    "files come under 500": Panel(fault=answers_with(gives_file, status=500)),
    "a refused file is an empty success": Panel(
        fault=answers_with(refused_file, status=200, media_type="text/csv", body=b"")
    ),
    "a refused file is a success with a header row": Panel(
        fault=answers_with(refused_file, status=200, media_type="text/csv", body=b"_id,email\r\n")
    ),
}
