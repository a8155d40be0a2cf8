"""Recognizers: rules of a regular expression with a check, one file a family. Each file holds `RULES`."""
