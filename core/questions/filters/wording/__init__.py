"""Filters on how a pair is worded: whole, clear by itself, of the right length, and a question."""
