"""Filters on what a pair says: something new, in the document's language, fit for others, and in the document."""
