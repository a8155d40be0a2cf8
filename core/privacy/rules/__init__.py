"""Rules: regular expressions with a check, one small file a family. Each file holds `RULES`."""
