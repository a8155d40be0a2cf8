"""Text as detectors read it: words, letter case, normalized forms, and the pieces that a network reads at once."""
