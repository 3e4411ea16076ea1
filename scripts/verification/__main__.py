"""The program behind `scripts/verify`: options in, reports and an exit code out, whatever happens in between."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import MutableMapping, Sequence
from types import FrameType
from typing import NoReturn

from scripts.verification import writing
from scripts.verification.credentials import Credentials
from scripts.verification.network import transport_for
from scripts.verification.options import TOKEN_VARIABLE, BadUsage, Options, json_path, parse
from scripts.verification.run import statement, verify
from scripts.verification.verdict import Outcome


def main(arguments: Sequence[str], environment: MutableMapping[str, str]) -> int:
    """The exit code."""
    outcome, console = Outcome(), writing.Console()
    options: Options | None = None
    json_to = json_path(arguments)
    try:
        options = parse(arguments, environment)
        environment.pop(TOKEN_VARIABLE, None)  # nothing that is started from here on needs it
        console.mask = Credentials(options.token).mask
        console.tell(statement(options))
        verify(options, transport_for(options.base_url), outcome=outcome, say=console.tell)
    except BadUsage as error:
        outcome.word, outcome.reason = "usage", str(error)
    except KeyboardInterrupt:
        outcome.word, outcome.reason = "interrupted", "stopped from outside"
    except Exception as error:  # noqa: BLE001 - a bug here is no broken contract
        outcome.reason = f"a bug of scripts/verify: {type(error).__name__}: {error}"
        outcome.judge()  # what was found before it is found
    writing.write(outcome, options, json_to, console)
    writing.tell(outcome, options, json_to, console, environment)
    return outcome.exit_code


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """A termination leaves reports behind, as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Explicitly: a shell starts what it runs in the background with Ctrl-C switched off.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    sys.exit(main(sys.argv[1:], os.environ))
