"""Documentation is code: what it shows is run, and what it lists is compared."""
