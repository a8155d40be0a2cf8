"""Three real steps with the longest rows, taken before a training: what it needs on this machine, as it is now.

Nothing is kept but the figures. The longest rows together in each step are the most that a training ever holds at once.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from core.records import ModelFormat
from core.settings import TrainingSettings

STEPS = 3  # the first one also warms up, so that the others alone are timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the steps took: `peak_memory_bytes` is the most that this process held, loading included."""

    peak_memory_bytes: int
    seconds_per_step: float
    tokens_per_s: float  # tokens of rows, prompt included
    longest_tokens: int  # of a row


def probe(
    path: Path,
    format: ModelFormat,
    *,
    rows: Sequence[Mapping[str, Any]],
    settings: TrainingSettings,
    cache: Path | None = None,
    report: Callable[[int], None] = lambda step: None,
) -> Probe:
    """Load the model, take STEPS steps with the longest rows and return what they took; the adapter is thrown away.

    Args:
        path: the base model, a GGUF file or a folder of safetensors.
        format: which of the two.
        rows: question pairs with `input` and `output`, the longest among them.
        settings: settings of the training.
        cache: folder for unpacked models, see `load_causal`.
        report: called after each step with its number; may raise to stop.

    Raises:
        InputError: no row can be used, or the model cannot be trained.
        SetupError: not enough memory.
    """
    from core.models.torch_setup import prepare_libraries

    prepare_libraries()  # before the imports below, which print warnings
    from core.training.loop import Trainer
    from core.training.memory import peak_bytes
    from core.training.rows import longest_places, tokenized
    from core.training.whole import load_to_train

    causal = load_to_train(path, format, settings=settings, cache=cache)
    with (
        tempfile.TemporaryDirectory(prefix="garrison-probe-") as folder,
        tokenized(causal, rows, Path(folder), settings.max_tokens) as training,
    ):
        answers = 2 if settings.objective == "dpo" else 1  # of a question, each a row of its own
        in_step = answers * settings.batch_size * settings.gradient_accumulation
        longest = [training.rows[place] for place in longest_places(training.rows, in_step)]
        changes = {"max_steps": STEPS, "processes": 1, "batch_size": answers * settings.batch_size}
        steps = settings.model_copy(update=changes)
        trainer = Trainer(causal, longest, validation=(), settings=steps)
        seconds: list[float] = []
        for step in range(1, STEPS + 1):
            before_s, before = trainer.training_s, trainer.token_count
            trainer.take_step()
            seconds.append(trainer.training_s - before_s)
            tokens = trainer.token_count - before
            report(step)
    per_step = fmean(seconds[1:])
    return Probe(
        peak_memory_bytes=peak_bytes(causal.device),
        seconds_per_step=round(per_step, 3),
        tokens_per_s=round(tokens / per_step, 1),
        longest_tokens=len(longest[0].tokens),
    )
