"""The version, in one place that is cheap to import."""

from __future__ import annotations

__version__ = "1.0.0rc1"

USER_AGENT = f"profile-export/{__version__}"
