"""Every test of this repository; a package, so that folders may share support code by name."""
