"""Training: a dataset version and a model in, an adapter out. Heavy libraries are imported when training starts."""

from core.training.progress import Progress, TrainingResult
from core.training.recipe import train

__all__ = ["Progress", "TrainingResult", "train"]
