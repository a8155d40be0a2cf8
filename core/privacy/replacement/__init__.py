"""Spans → surrogates → anonymized text, and the project's table of surrogates."""
