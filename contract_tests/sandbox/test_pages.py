"""The pages for people: complete, escaped, without a script, and without the token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from contract_tests.sandbox.bench import TOKEN, Bench
from contract_tests.sandbox.conftest import OpenBench
from profile_export.sandbox.html import esc, markdown

CONTRACT = Path(__file__).parents[2] / "openapi.yaml"


def show(bench: Bench, path: str) -> str:
    answer = bench.request("GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert TOKEN not in answer.text
    assert "<script" not in answer.text
    return answer.text


def test_the_status_page_shows_sources_tasks_and_files(open_bench: OpenBench) -> None:
    bench = open_bench(profiles=1200, rows_per_file=1000)
    task_id = bench.create()
    page = show(bench, "/")
    for text in ("database:1", "segment:7", "Customers", "Medical staff", "1,200", task_id, "completed"):
        assert text in page
    assert "1_database_export_1.csv" in page
    size = next(bench.settings.data_dir.rglob("1_database_export_1.csv")).stat().st_size
    assert f"{size:,}" in page


def test_the_status_page_refreshes_quickly_only_while_something_runs(open_bench: OpenBench) -> None:
    bench = open_bench(task_seconds=100)
    assert 'http-equiv="refresh" content="10"' in show(bench, "/")
    assert "None yet" in show(bench, "/")
    bench.create()
    assert 'http-equiv="refresh" content="1"' in show(bench, "/")
    assert '<progress max="100" value="0">' in show(bench, "/")


def test_what_users_send_is_escaped(bench: Bench) -> None:
    bench.create(custom_request={"comment": "<script>alert(1)</script>", "occupation": "\"'&"})
    page = show(bench, "/")
    assert "&lt;script&gt;alert(1)" in page
    evil = bench.request("GET", "/", headers={"Host": "a<script>b"})
    assert "<script" not in evil.text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(bench: Bench, path: str) -> None:
    page = show(bench, path)
    loaded = re.findall(r"""(?:src|href)=["']?([^"' >]+)|url\(([^)]+)\)|@import""", page)
    assert {link for link, *_ in loaded if not link.startswith(("#", "data:"))} == {"/", "/docs", "/openapi.yaml"}


def test_the_reference_shows_every_operation_member_and_example(bench: Bench) -> None:
    page = show(bench, "/docs")
    contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    for path, item in contract["paths"].items():
        assert esc(path) in page
        for operation in item.values():
            assert f'id="{operation["operationId"]}"' in page
    for name in ("CreateExportRequest", "TaskStatusRequest", "TaskResult", "CreatedTask"):
        for member in contract["components"]["schemas"][name]["properties"]:
            assert re.search(rf"<code>[a-z.]*{member}</code>", page)
    assert page.count(">XML</label>") >= 4
    assert esc("<xml>\n<token>") in page
    assert "Duplicate-Request" in page


def test_the_contract_is_served_as_it_is(bench: Bench) -> None:
    answer = bench.request("GET", "/openapi.yaml")
    assert answer.content == CONTRACT.read_bytes()
    assert answer.headers["content-type"] == "application/yaml"


def test_the_small_markdown() -> None:
    text = "One **bold** `<code>` and <b>.\nStill one.\n\n- first\n- second `a*b`\n  goes on\n\n`**x**`"
    assert markdown(text) == (
        "<p>One <strong>bold</strong> <code>&lt;code&gt;</code> and &lt;b&gt;. Still one.</p>"
        "<ul><li>first</li><li>second <code>a*b</code> goes on</li></ul>"
        "<p><code>**x**</code></p>"
    )
