"""Steps 1 and 2 as the API document shows them, in both formats."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from contract_tests.sandbox.bench import CREATE, STATUS, TOKEN, Bench, Format, documented
from contract_tests.sandbox.conftest import OpenBench

DOCUMENTED_TOKEN = "abcdefghijklmnqrstuvwxyz"


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_every_request_of_the_document_is_understood(open_bench: OpenBench, fmt: Format) -> None:
    bench = open_bench(token=DOCUMENTED_TOKEN)
    headers = {"Content-Type": f"application/{fmt}"}
    create = documented(f"create_export_request.{fmt}")
    created = bench.request("POST", CREATE, content=create, headers=headers)
    assert created.headers["content-type"] == f"application/{fmt}"
    assert "Successful operation" in created.text
    status = documented(f"get_task_status_request.{fmt}")
    asked = bench.request("POST", STATUS, content=status, headers=headers)
    # The example's task is another panel's. That it isn't known here is the right answer.
    assert "Task not found" in asked.text
    known = re.search("task_[0-9a-f-]{36}", created.text)
    assert known
    mine = re.sub("[0-9a-f]{8}-[0-9a-f-]{27}", known[0], status)
    assert "Successful operation" in bench.request("POST", STATUS, content=mine, headers=headers).text


def test_the_documented_filter_is_understood(open_bench: OpenBench) -> None:
    bench = open_bench(profiles=300)
    body = {"token": TOKEN, "source_type": "segment", "source_id": 7, "custom_request": {"occupation": "doctor"}}
    for fmt in ("json", "xml"):
        task_id = re.search("task_[0-9a-f-]+", bench.post(CREATE, body, fmt).text)
        assert task_id
        (url,) = bench.result(task_id[0])["urls"]
        assert bench.get(url).text.count(",doctor,") == bench.result(task_id[0])["total"] > 0


def test_json_answers_have_the_documented_members(bench: Bench) -> None:
    created = bench.post(CREATE, {"token": TOKEN, "source_type": "database", "source_id": 1}).json()
    shown = json.loads(documented("create_export_answer.json"))
    assert list(created) == list(shown)
    assert re.fullmatch("task_[0-9a-f-]{36}", created["data"]["task_id"])
    answer = bench.post(STATUS, {"token": TOKEN, "task_id": created["data"]["task_id"]}).json()
    shown = json.loads(documented("get_task_status_answer.json"))
    assert list(answer["data"]) == list(shown["data"])
    assert list(answer["data"]["result"]) == list(shown["data"]["result"])
    (url,) = answer["data"]["result"]["urls"]
    assert re.fullmatch("/api/download/data/[0-9a-f-]{36}/1_database_export.csv", url)
    shown["data"]["result"] |= {"total": 40, "urls": [url]}
    assert answer == shown


def test_xml_answers_are_line_by_line_as_documented(bench: Bench) -> None:
    created = bench.post(CREATE, {"token": TOKEN, "source_type": "database", "source_id": 1}, "xml").text
    task_id = re.search("task_[0-9a-f-]{36}", created)
    assert task_id
    shown = re.sub("task_[0-9a-f-]{36}", task_id[0], documented("create_export_answer.xml"))
    assert lines(created) == lines(shown)
    answer = bench.post(STATUS, {"token": TOKEN, "task_id": task_id[0]}, "xml").text
    url = re.search("/api/download[^<]*", answer)
    assert url
    shown = documented("get_task_status_answer.xml").replace("1343", "40")
    assert lines(answer) == lines(re.sub("/api/download[^<]*", url[0], shown))


def test_several_files_are_repeated_elements(open_bench: OpenBench) -> None:
    bench = open_bench(rows_per_file=25)
    answer = bench.post(STATUS, {"token": TOKEN, "task_id": bench.create()}, "xml").text
    assert re.findall("<urls>[^<]*(/[^/<]*)</urls>", answer) == ["/1_database_export_1.csv", "/1_database_export_2.csv"]


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_before_the_end_there_is_progress_and_no_result(open_bench: OpenBench, fmt: Format) -> None:
    bench = open_bench(task_seconds=10)
    answer = bench.post(STATUS, {"token": TOKEN, "task_id": bench.create()}, fmt)
    if fmt == "json":
        assert answer.json()["data"] == {"status": "in_progress", "progress": 0, "result": None}
    else:
        data = ["<progress>0</progress>", "<result/>", "<status>in_progress</status>"]
        assert lines(answer.text)[2:5] == data


@pytest.mark.parametrize(
    ("content_type", "fmt"),
    [
        ("application/json; charset=utf-8", "json"),
        ("Application/JSON", "json"),
        ('application/json;charset="UTF-8"', "json"),
        ("application/xml; charset=UTF-8", "xml"),
        ("text/xml", "xml"),
        ("text/xml; charset=utf-8", "xml"),
    ],
)
def test_content_types_with_parameters_are_understood(bench: Bench, content_type: str, fmt: Format) -> None:
    body = {"token": TOKEN, "source_type": "database", "source_id": 2}
    answer = bench.post(CREATE, body, fmt, {"Content-Type": content_type})
    assert answer.headers["content-type"] == f"application/{fmt}"
    assert "task_" in answer.text


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_unknown_members_are_tolerated(bench: Bench, fmt: Format) -> None:
    body: dict[str, Any] = {"token": TOKEN, "source_type": "database", "source_id": 1, "later": {"more": 1}}
    assert "task_" in bench.post(CREATE, body, fmt).text


def test_a_whole_number_may_be_written_with_a_point(bench: Bench) -> None:
    """JSON has one kind of numbers: 1.0 and 1 are the same."""
    assert (
        "task_"
        in bench.request(
            "POST",
            CREATE,
            content=f'{{"token": "{TOKEN}", "source_type": "database", "source_id": 1.0}}',
            headers={"Content-Type": "application/json"},
        ).text
    )


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({"final_status": "success"}, {"status": "success"}),
        ({"link_prefix": "/api/download"}, {"prefix": "/api/download/"}),
        ({"result_errors": False}, {"errors": None}),
    ],
)
def test_older_copies_of_the_document_can_be_played(
    open_bench: OpenBench, options: dict[str, Any], changed: dict[str, Any]
) -> None:
    bench = open_bench(ids="counter", **options)
    data = bench.status(bench.create())
    seen = {
        "status": data["status"],
        "prefix": data["result"]["urls"][0].partition("0000")[0],
        "errors": data["result"].get("errors"),
    }
    assert seen == {"status": "completed", "prefix": "/api/download/data/", "errors": []} | changed


@pytest.mark.parametrize("prefix", ["/api/download", "/api/download/data"])
def test_both_path_shapes_always_lead_to_the_file(bench: Bench, prefix: str) -> None:
    (url,) = bench.result(bench.create())["urls"]
    other = prefix + url.removeprefix("/api/download/data")
    assert bench.get(other).content == bench.get(url).content


def test_counted_ids_are_the_same_on_every_run(open_bench: OpenBench) -> None:
    bench = open_bench(ids="counter")
    ids = [bench.create() for _ in range(2)]
    assert ids == ["task_00000000-0000-4000-8000-000000000001", "task_00000000-0000-4000-8000-000000000002"]
    bench.request("GET", "/")  # looking at the page changes nothing
    (url,) = bench.result(ids[1])["urls"]
    assert url == "/api/download/data/00000000-0000-4000-8000-000000000001/1_database_export.csv"
