"""A dataset version and a model in, an adapter out. The libraries are imported when a training starts."""

from core.training.progress import Progress, TrainingResult
from core.training.recipe import train

__all__ = ["Progress", "TrainingResult", "train"]
