"""Tests of what is done with downloaded files: reading them, and writing them as Parquet."""
