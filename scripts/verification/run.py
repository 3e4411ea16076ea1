"""One verification, from the options to the outcome; a test hands it a panel in its own process."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from scripts.verification import adequacy
from scripts.verification.conversation import Conversation
from scripts.verification.credentials import Credentials
from scripts.verification.fuzz import fuzz
from scripts.verification.judge import Judge
from scripts.verification.line import Budget, Line, Place, Stopped, TokenRefused
from scripts.verification.options import TOKEN_VARIABLE, Options
from scripts.verification.plan import Plan
from scripts.verification.verdict import AUTH_WORDS, Outcome


def statement(options: Options) -> str:
    """What is going to happen, for people to read before it does."""
    aims = options.aims
    lines = [
        f"Verifying {options.base_url}: {', '.join(map(str, aims.sources))}.",
        f"Requests in {' and '.join(aims.formats)}, the token {AUTH_WORDS[options.auth]}.",
        f"The plan: {aims.exports} exports and about {aims.requests} requests; more for slow tasks and split exports.",
        "All but the exports are reads, or requests that the panel must refuse.",
        f"Never more than {options.max_requests} requests and {options.max_exports} exports, {options.pace:g} s apart.",
    ]
    if options.fuzz:
        lines.append("Then schemathesis makes up requests, with what is left of the budget.")
    return "\n".join(lines)


def verify(
    options: Options,
    transport: httpx.BaseTransport,
    *,
    outcome: Outcome,
    say: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Fills in the outcome. An interruption passes through, with all that was seen until then noted."""
    began = clock()
    outcome.panel, outcome.auth, outcome.planned = options.base_url, options.auth, statement(options)
    outcome.sources, outcome.formats = [str(source) for source in options.aims.sources], list(options.aims.formats)
    budget = Budget(options.max_requests, options.max_exports)
    line = Line(
        Place.of(options.base_url),
        Credentials(options.token),
        budget,
        transport,
        pace=options.pace,
        clock=clock,
        sleep=sleep,
    )
    plan = Plan(options.aims, Conversation(line, Judge(options.auth), outcome.ledger, options.auth), say)
    try:
        plan.run()
        if options.fuzz:
            say(f"schemathesis: {budget.left} requests are left")
            fuzz(line, outcome.ledger, options)
    except TokenRefused as error:
        outcome.reason = f"{error}. {_about_the_token(options)}"
    except Stopped as error:
        outcome.reason = str(error)
    finally:
        outcome.requests = (budget.requests, budget.max_requests)
        outcome.exports = (budget.exports, budget.max_exports)
        outcome.missing = adequacy.missing(outcome.ledger, options.aims)
        outcome.unseen = adequacy.unseen(outcome.ledger, options.aims)
        outcome.seconds = clock() - began
    outcome.reason = outcome.reason or "; ".join(plan.gaps)
    outcome.judge()


def _about_the_token(options: Options) -> str:
    other = "bearer" if options.auth == "body" else "body"
    return (
        f"It came from {TOKEN_VARIABLE} and was sent {AUTH_WORDS[options.auth]}: is it this panel's token, "
        f"or does it go {AUTH_WORDS[other]} (--auth {other})?"
    )
