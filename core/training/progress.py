"""What a training tells: where it stands after a step, and what came of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a run after a step; `loss` is the mean over the step's answer tokens, in nats."""

    step: int
    steps: int
    epoch: float
    loss: float
    learning_rate: float
    tokens_per_s: float  # tokens of rows, prompt included, per second of training
    gradient_norm: float  # before it is scaled down
    memory_bytes: int  # held by the process, or on a GPU by torch
    validation_loss: float | None = None
    drift: float | None = None  # mean divergence from the base model on general rows, in nats a token


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """A finished run: the hash of `adapter/` or `weights/`, and the run's metrics as JSON types."""

    adapter_sha256: str
    metrics: dict[str, Any]
