"""pytest's fixture as other people meet it: three lines, faults, what it says when the extra is missing, its price."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.cli.programs import environment

# Plugins of this suite that its users need not have.
QUIET = ("-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-q", "-W", "error")


def ran(pytester: pytest.Pytester, source: str, *options: str, **outcomes: int) -> pytest.RunResult:
    pytester.makepyfile(source)
    result = pytester.runpytest_inprocess(*QUIET, "--strict-markers", *options)
    result.assert_outcomes(**outcomes)
    return result


def test_three_lines(pytester: pytest.Pytester) -> None:
    ran(
        pytester,
        """
        from profile_export import ExportClient, Segment

        def my_pipeline(url, token, folder):
            with ExportClient(url, token=token) as client:
                return client.export(Segment(7), to=folder)

        def test_my_pipeline(profile_export_sandbox, tmp_path):
            result = my_pipeline(profile_export_sandbox.base_url, profile_export_sandbox.token, tmp_path)
            assert result.total == profile_export_sandbox.sources()["segment:7"] > 0
            assert [seen.operation for seen in profile_export_sandbox.requests] == ["create", "status", "download"]
        """,
        passed=1,
    )


def test_faults_on_request(pytester: pytest.Pytester) -> None:
    ran(
        pytester,
        """
        import pytest
        from profile_export import (
            AuthenticationError, Database, ExportClient, RetryPolicy, ServerError, TaskFailed,
        )

        @pytest.fixture
        def client(profile_export_sandbox):
            panel = profile_export_sandbox
            with ExportClient(panel.base_url, token=panel.token, retry=RetryPolicy(first_delay=0)) as client:
                yield client

        def test_passing_faults(profile_export_sandbox, client, tmp_path):
            panel = profile_export_sandbox
            panel.fail_next("create", cut_after=0)
            panel.fail_next("status", status=503, retry_after=0)
            panel.fail_next("download", cut_after=1000)
            assert client.export(Database(1), to=tmp_path).rows == 200
            first, second = panel.requests_for("create")
            assert first.request_id == second.request_id
            assert first.body == {
                "token": "***", "source_type": "database", "source_id": 1, "file_format": "csv"
            }
            assert panel.requests_for("download")[1].headers["range"] == "bytes=1000-"
            assert panel.token not in "".join(f"{request}{request.headers}" for request in panel.requests)

        def test_lasting_faults(profile_export_sandbox, client, tmp_path):
            profile_export_sandbox.fail_next("status", status=503, times=99)
            with pytest.raises(ServerError):
                client.export(Database(1), to=tmp_path)

        def test_nothing_is_left_of_the_other_tests(profile_export_sandbox, client, tmp_path):
            assert profile_export_sandbox.requests == []
            assert client.export(Database(1), to=tmp_path).rows == 200

        def test_a_refused_token(profile_export_sandbox, client, tmp_path):
            profile_export_sandbox.refuse_token()
            with pytest.raises(AuthenticationError):
                client.export(Database(1), to=tmp_path)

        def test_a_task_that_fails(profile_export_sandbox, client):
            task = client.create_export(Database(1))
            profile_export_sandbox.fail_task("the disk is full")
            for _ in range(2):
                with pytest.raises(TaskFailed) as raised:
                    task.wait()
                assert raised.value.errors == ("the disk is full",)

        def test_links_that_expire(profile_export_sandbox, client, tmp_path):
            done = client.create_export(Database(1)).wait()
            profile_export_sandbox.expire_links()
            assert done.download(tmp_path).rows == 200
            assert len(profile_export_sandbox.requests_for("status")) == 2

        @pytest.mark.profile_export_sandbox(profiles=30, rows_per_file=20)
        def test_other_settings(profile_export_sandbox, client, tmp_path):
            assert [file.rows for file in client.export(Database(1), to=tmp_path).files] == [20, 10]
        """,
        "-p",
        "no:logging",
        passed=7,
    )


def test_a_cut_connection_is_no_noise(pytester: pytest.Pytester) -> None:
    ran(
        pytester,
        """
        from profile_export import Database, ExportClient, RetryPolicy

        def test_it(profile_export_sandbox, tmp_path, caplog):
            panel = profile_export_sandbox
            panel.fail_next("download", cut_after=1000)
            with ExportClient(panel.base_url, token=panel.token, retry=RetryPolicy(first_delay=0)) as client:
                client.export(Database(1), to=tmp_path)
            assert [record for record in caplog.records if record.levelname == "ERROR"] == []
        """,
        passed=1,
    )


def test_without_the_extra_it_says_what_to_install(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = ran(pytester, "def test_it(profile_export_sandbox): ...", errors=1)
    result.stdout.fnmatch_lines(["*needs the package uvicorn: pip install 'profile-export?sandbox?'"])
    assert "Traceback" not in result.stdout.str()


def test_settings_that_can_not_be(pytester: pytest.Pytester) -> None:
    source = """
    import pytest
    @pytest.mark.profile_export_sandbox(profiles=0)
    def test_it(profile_export_sandbox): ...
    """
    ran(pytester, source, errors=1).stdout.fnmatch_lines(["*profiles must be from 1 to*"])


def test_the_fixture_is_listed_with_what_it_is(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*QUIET, "--fixtures", "-v")
    result.stdout.fnmatch_lines(["profile_export_sandbox*", "*A running panel on this machine*"])
    result = pytester.runpytest_inprocess(*QUIET, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.profile_export_sandbox(*"])


def test_it_costs_nothing_when_it_is_not_used(tmp_path: Path) -> None:
    tmp_path.joinpath("test_it.py").write_text(
        "import sys, threading\n"
        "def test_it():\n"
        "    ours = [name for name in sys.modules if name.startswith('profile_export')]\n"
        "    assert sorted(ours) == ['profile_export', 'profile_export._version', 'profile_export.testing',\n"
        "                            'profile_export.testing.plugin']\n"
        "    assert not {'httpx', 'starlette', 'uvicorn', 'attrs', 'anyio', 'yaml'} & set(sys.modules)\n"
        "    assert threading.active_count() == 1\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "profile_export.testing.plugin", "."],
        cwd=tmp_path,
        env=environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTHONPATH=os.pathsep.join(sys.path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
