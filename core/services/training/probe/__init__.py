"""Three real steps before a training."""
