"""The ways to write question pairs: a file each. A new one is a file here and a row of `WRITERS` in `registry.py`."""
