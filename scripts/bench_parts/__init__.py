"""What `scripts/bench` measures, one module for each part: in turns, with the peers in the same run."""
