"""The overlay as a schemathesis schema, whose cases are the same on every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis

from scripts.verification.checks import REPLACED
from scripts.verification.contract import CREATE
from scripts.verification.overlay import SOURCES, Credential, overlay

REFUSALS = ["400", "401", "403", "404", "405", "415", "422"]

SEED = 20_240_615
"""Any number would do; it stays the same so that a run can be repeated."""


def schema_for(
    app: Any,
    phases: tuple[str, ...] = (),
    examples: int = 50,
    *,
    any_filter: bool = False,
    any_request_id: bool = False,
    credential: Credential = "body",
    sources: Mapping[str, list[int]] = SOURCES,
) -> Any:
    """The overlay as a schemathesis schema whose cases go to the ASGI application `app`."""
    # Every value is needed for that: a database or a cache would feed one run's findings to the next one, several
    # workers would interleave, and literals of the application's source would change with the source.
    config = schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "cache": {"enabled": False},
            "workers": 1,
            "continue-on-failure": True,
            "generation": {"deterministic": True, "database": "none", "max-examples": examples, "no-shrink": True},
            "analysis": {"constants": {"enabled": False}},
            "phases": {
                "enabled": False,
                **{name: {"enabled": True} for name in phases},
                "stateful": {
                    "enabled": "stateful" in phases,
                    "max-steps": 10,  # the default of 6 is too short for create, polls, and download
                    "inference": {"algorithms": []},
                },
            },
            "checks": {
                **{name: {"enabled": False} for name in REPLACED},
                "valid_data_is_accepted": {"enabled": not any_filter},
                # Stricter than the defaults: with the right token nothing valid may be refused, and a server error
                # refuses nothing.
                "positive_data_acceptance": {"enabled": False, "expected-statuses": ["2xx", "404"]},
                "negative_data_rejection": {"enabled": False, "expected-statuses": REFUSALS},
            },
        }
    )
    document = overlay(any_filter=any_filter, credential=credential, sources=sources)
    if any_request_id:
        # Whether a panel looks at the header isn't known, so no value of it is invalid.
        create = document["paths"][CREATE]["post"]
        create["parameters"] = [
            one for one in create["parameters"] if one.get("$ref", "").rpartition("/")[2] != "RequestId"
        ]
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app
    return schema
