# The two commands of the README. Each installs what it needs; the second run is fast.
.PHONY: demo test

demo:
	@scripts/setup demo
	@.venv/bin/profile-export demo

test:
	@scripts/setup
	@scripts/test
