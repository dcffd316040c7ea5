"""Watching the daemon: what is measured for `/readyz` and `/metrics`, and how little that may cost."""
