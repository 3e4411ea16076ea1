"""Verifies that a live panel keeps the contract; `scripts/verify` runs it. Parts of it judge the tests' panels, too."""
