"""The token is nowhere but on the wire: not in logs, errors, tracebacks, reprs, events, results or files."""
