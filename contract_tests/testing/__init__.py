"""Tests of what other people test with: the panels, the clock, and pytest's fixture."""
