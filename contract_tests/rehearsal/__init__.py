"""Rehearsals of changes of the API, as docs/how-to/regenerate.md walks through them."""
