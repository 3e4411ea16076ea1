"""`profile-export sandbox`: a panel to try the client on."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import click

from profile_export import sandbox as sandbox_package
from profile_export.cli import panels, tokens
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import report_options, token_options

if TYPE_CHECKING:
    # At run time it would load the whole sandbox, which is an extra and may not be installed.
    from profile_export.sandbox import SandboxSettings

# No secret: whoever reaches a sandbox finds invented people in it.
PUBLIC_TOKEN: Final = "sandbox-token-for-trying"  # noqa: S105


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=int, default=8080, help="Port to listen on; 0 takes a free one.")
@click.option("--profiles", type=int, default=1000, help="Number of invented profiles in database 1.")
@click.option("--seed", type=int, default=1, help="Equal seeds give equal profiles.")
@click.option("--data", metavar="DIR", help="Keep profiles and tasks here; without it, nothing is kept.")
@click.option("--task-seconds", type=float, default=2.0, help="How long an export takes at least.")
@click.option("--rows-per-file", type=int, help="Split exports that have more rows.")
@click.option(
    "--auth", type=click.Choice(["any", "body", "bearer"]), default="any", help="Where the token is looked for."
)
@token_options
@report_options
@click.pass_obj
def sandbox(invocation: Invocation, /, host: str, port: int, **options: Any) -> None:
    """Serve a panel with invented profiles on this machine, until Ctrl-C.

    It implements the same API as a real panel. It accepts the token of --token-file or PROFILE_EXPORT_TOKEN, else a
    public one, which it prints. Needs the extra: pip install 'profile-export[sandbox]'.

    \b
    Example:
      profile-export sandbox --port 8080 --profiles 100000
    """  # noqa: D301
    console = invocation.console
    panels.require()
    private = options["token_file"] is not None or bool(os.environ.get(tokens.VARIABLE))
    token = tokens.read_token(options["token_file"]) if private else PUBLIC_TOKEN
    if private:
        console.secret = token
    with ExitStack() as stack:
        folder = options["data"]
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="profile-export-sandbox-"))
        settings = panels.settings(
            data_dir=folder,
            token=token,
            **{name: options[name] for name in ("profiles", "seed", "task_seconds", "rows_per_file", "auth")},
            quiet=console.quiet,
        )
        stack.enter_context(panels.starting())
        console.say(f"preparing {settings.profiles:,} profiles ...")

        def ready(url: str) -> None:
            _introduce(invocation, settings, url, public=not private, kept=options["data"] is not None)

        sandbox_package.serve(settings, host=host, port=port, on_ready=ready)
    console.say("stopped")


def _introduce(invocation: Invocation, settings: SandboxSettings, url: str, *, public: bool, kept: bool) -> None:
    console = invocation.console
    if console.json:
        token = settings.token if public else None
        console.document({"url": url, "token": token, "data": str(settings.data_dir) if kept else None})
        return
    where = f"kept in {settings.data_dir}" if kept else "gone when it stops"
    token_line, export_line = "the one in --token-file or PROFILE_EXPORT_TOKEN", ""
    if public:
        token_line, export_line = settings.token, f"  export PROFILE_EXPORT_TOKEN={settings.token}\n"
    bearer = " --auth bearer" if settings.auth == "bearer" else ""
    console.result(f"""\
The sandbox is ready.
  address   {url}
  token     {token_line}
  profiles  {settings.profiles:,} in database:1, seed {settings.seed}, {where}
  pages     {url}/ shows what happens, {url}/docs the API

Try it from another terminal:
  export PROFILE_EXPORT_BASE_URL={url}
{export_line}\
  profile-export run database:1 --where '{{"occupation": "doctor"}}' --to exports{bearer}
  profile-export run segment:7 --to exports{bearer}

Ctrl-C stops it.""")
