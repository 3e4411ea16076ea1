"""The workflow without a network: pure decisions, flows against a scripted world, and files on a real disk."""
