"""Tests of what scripts/release decides: each rule with a release that breaks it."""
