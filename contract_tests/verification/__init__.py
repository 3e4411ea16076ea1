"""The verification of live panels: what it catches, what it accepts, and what it leaves behind."""
