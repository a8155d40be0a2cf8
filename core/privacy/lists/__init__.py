"""The reviewers' lists and patterns: entries, their effect on searched documents, and their detector."""
