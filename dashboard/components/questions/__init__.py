"""The parts of the Questions page."""
