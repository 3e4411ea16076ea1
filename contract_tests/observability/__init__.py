"""What others see of an export while it runs: spans, logs, and the page that tells how."""
