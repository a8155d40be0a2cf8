"""A dataset version and a model in, an adapter out. The libraries are imported when a training starts."""

from core.training.recipe import Progress, TrainingResult, train

__all__ = ["Progress", "TrainingResult", "train"]
