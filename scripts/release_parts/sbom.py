"""The list of all that can be installed with a release (CycloneDX), from the lock file; the same for each build."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.release_parts.commands import uv


def direct(project: Mapping[str, Any]) -> set[str]:
    """The packages that pyproject.toml names for users: the base and every extra."""
    lines: list[str] = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        lines += extra
    return {canonicalize_name(Requirement(line).name) for line in lines}


def exported(version: str, epoch: int) -> dict[str, Any]:
    """The list of uv, with what uv can't know (a version that is computed) and without what differs each time."""
    text = uv("export", "--quiet", "--locked", "--no-default-groups", "--all-extras", "--format", "cyclonedx1.5")
    document: dict[str, Any] = json.loads(text[text.index("{") :])
    metadata = document["metadata"]
    metadata["component"].update(version=version, purl=f"pkg:pypi/profile-export@{version}")
    metadata["timestamp"] = datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z")
    del document["serialNumber"]
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).digest()
    document["serialNumber"] = uuid.UUID(bytes=digest[:16], version=4).urn
    return document


def problems(document: Mapping[str, Any], version: str, needed: Iterable[str]) -> list[str]:
    found: list[str] = []
    if (document.get("bomFormat"), document.get("specVersion")) != ("CycloneDX", "1.5"):
        found.append("it isn't CycloneDX 1.5")
    subject = document["metadata"]["component"]
    if (subject.get("name"), subject.get("version")) != ("profile-export", version):
        found.append(f"it is about {subject.get('name')} {subject.get('version')}")
    components = document.get("components", [])
    found += [f"{part['name']} has no version or purl" for part in components if not {"version", "purl"} <= part.keys()]
    listed = {canonicalize_name(part["name"]) for part in components}
    return found + [f"{name} is missing" for name in sorted(set(needed) - listed)]
