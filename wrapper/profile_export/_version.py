"""The version, in one place that is cheap to import."""

from __future__ import annotations

__version__ = "0.1.0"

USER_AGENT = f"profile-export/{__version__}"
