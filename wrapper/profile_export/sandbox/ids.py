"""Ids for tasks and links: unguessable, or counted so that a test's traffic is the same on every run."""

from __future__ import annotations

import uuid

from profile_export.sandbox.settings import IdStyle


def new_id(style: IdStyle, number: int) -> str:
    """A UUID for the item with this number."""
    return str(uuid.UUID(int=number, version=4) if style == "counter" else uuid.uuid4())
