"""Text -> spans -> surrogates -> anonymized text, and the rules of review. Imports nothing heavy."""
