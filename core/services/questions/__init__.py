"""Question pairs: written, imported, exported, and which of them may be trained on."""
