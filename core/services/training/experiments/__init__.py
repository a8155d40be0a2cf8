"""Experiments: several trainings on one dataset version, queued at once, evaluated and compared."""
