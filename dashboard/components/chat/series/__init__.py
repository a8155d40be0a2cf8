"""Comparing over a question file: started, looked at, voted on, taken along."""
