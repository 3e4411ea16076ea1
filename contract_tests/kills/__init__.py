"""Proof that nothing is lost and nothing is wrong: runs that end at every moment there is, and what comes after."""
