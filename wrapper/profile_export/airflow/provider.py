"""What Airflow is told of this package: the connection type with its form, and where hook, operator and trigger are.

Airflow reads it in every process, so it imports nothing.
"""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """The entry point `apache_airflow_provider`."""
    name = "Profile export"
    return {
        "package-name": "profile-export",
        "name": name,
        "description": "Export customer profiles from a marketing platform, complete and verified.",
        "integrations": [{"integration-name": name, "external-doc-url": "", "tags": ["service"]}],
        "hooks": [{"integration-name": name, "python-modules": ["profile_export.airflow.hook"]}],
        "operators": [{"integration-name": name, "python-modules": ["profile_export.airflow.operator"]}],
        "triggers": [{"integration-name": name, "python-modules": ["profile_export.airflow.trigger"]}],
        "connection-types": [
            {
                "connection-type": "profile_export",
                "hook-class-name": "profile_export.airflow.hook.ProfileExportHook",
                "hook-name": name,
                "ui-field-behaviour": {
                    "hidden-fields": ["login"],
                    "relabeling": {"host": "Panel", "password": "API token", "schema": "Scheme"},
                    "placeholders": {"host": "panel.example.com", "schema": "https"},
                },
                "conn-fields": {
                    "auth": _field("How the token travels", ["body", "bearer"]),
                    "wire_format": _field("Format of requests and answers", ["json", "xml"]),
                    "panel_url": _field("Where download links lead, when that is another address than the panel's"),
                    "ca_file": _field("File of certificate authorities, in place of the usual ones"),
                },
            }
        ],
    }


def _field(label: str, words: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["string", "null"]}
    if words:
        schema |= {"enum": words, "default": words[0]}
    return {"label": label, "schema": schema}
