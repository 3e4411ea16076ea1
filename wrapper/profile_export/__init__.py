"""Export customer profiles from a marketing platform, complete and verified."""

__version__ = "0.1.0"
