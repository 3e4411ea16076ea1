"""Programs that fetch one file, each run as a process of its own."""
