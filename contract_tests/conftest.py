"""Drawn data is the same on every run, in any order of the tests: what passes here passes in CI too.

With `HYPOTHESIS_PROFILE=explore` Hypothesis draws new data instead, to look for what nobody has seen yet.
"""

from __future__ import annotations

import os
import signal

from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# The plugin for other people's tests is tested by pytest in pytest.
pytest_plugins = ["pytester"]

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", database=None, deadline=None)

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "repeatable")
settings.load_profile(PROFILE)

if PROFILE == "repeatable":
    # Hypothesis also draws literals from the source of every module that happens to be imported, so that data would
    # depend on which tests ran before, and on every edit of the code. There is no setting for it.
    providers._get_local_constants = Constants

# What a shell runs behind an & is told to ignore Ctrl-C, and hands that on to every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
