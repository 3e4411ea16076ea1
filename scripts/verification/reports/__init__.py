"""The same outcome for different readers: people, programs, CI."""
