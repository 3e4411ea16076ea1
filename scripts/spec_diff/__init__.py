"""Tells what a change of openapi.yaml means: what was added, removed, changed, whom it breaks, which version follows.

`document` reads; `branches`, `conjunction` and `alternatives` bring schemas into one form; `schemas` compares them with
`rules`, `words`, `objects` and `notes`; `operations` compares the rest with `requests`, `answers`, `security` and
`places`; `findings` judges; `python_surface` and `attrs_classes` add the Python side; `compare` makes the report, and
`report` writes it down.
"""
