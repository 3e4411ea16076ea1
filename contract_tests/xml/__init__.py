"""Tests of the XML codec and of the shapes that lead it."""
