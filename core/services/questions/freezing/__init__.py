"""Freezing question pairs as a dataset version: the work, and the job that does it."""
