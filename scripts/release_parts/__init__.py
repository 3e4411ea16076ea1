"""What must be true of a release, each check in the module of its subject; run by scripts/release."""
