"""What git must say: a clean tree, and a tag that is either not there yet or stands on this commit."""

from __future__ import annotations


def tree_problems(status: str) -> list[str]:
    """What `git status --porcelain` lists is not in the release."""
    lines = [line for line in status.splitlines() if line.strip()]
    if not lines:
        return []
    more = f", and {len(lines) - 5} more" if len(lines) > 5 else ""
    return [f"not committed: {', '.join(line[3:] for line in lines[:5])}{more}"]


def tag_problems(tag: str, tagged: str | None, head: str) -> list[str]:
    if tagged is None or tagged == head:
        return []
    return [f"{tag} stands on {tagged[:12]}, not on {head[:12]}: this version is taken"]
