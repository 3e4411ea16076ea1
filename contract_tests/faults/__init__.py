"""A panel that misbehaves on real sockets; an export from it ends in a whole file or a named error, and never hangs."""
