"""A run in the form the engine needs: base model and adapter as GGUF, and the chat template it was trained with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.models.engine.model import EngineModel
from core.models.engine.supervisor import Supervisor
from core.records import ModelFormat
from core.run_folder import RunFolder
from core.settings import Precision

# An adapter trained on weights rounded to 8 or 4 bits has learned to correct those very weights: transformers loads them.
ROUNDED: tuple[Precision, ...] = ("8bit", "4bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """Files and template of a run that the engine can serve."""

    model: Path  # GGUF of the base model
    adapter: Path  # GGUF of the adapter alone
    template: str

    def open_run(self, supervisor: Supervisor) -> EngineModel:
        """Open the run: the base model with the adapter."""
        return EngineModel(supervisor, self.model, template=self.template, adapter=self.adapter)


def tuned(
    base: Path,
    format: ModelFormat,
    *,
    folder: Path,
    template: str,
    precision: Precision,
    cache: Path | None,
    report: Callable[[], None] = lambda: None,
) -> Tuned | None:
    """Return the run's files for the engine, converting missing ones; None if only transformers can answer.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        folder: the run's folder, with `adapter/`; the converted adapter is kept in it.
        template: the run's chat template.
        precision: precision of the base model during training.
        cache: folder for the GGUF of a safetensors base; if None, such a base is not converted and the result is None.
        report: called a few times a second during conversion; an exception from it stops the conversion.

    Raises:
        SetupError: the adapter or the converter is missing, memory ran out, or the disk is full.
    """
    model = base_for_engine(base, format, precision=precision, cache=cache, report=report)
    adapter = model and adapter_for_engine(folder, base, report=report)
    return Tuned(model=model, adapter=adapter, template=template) if model and adapter else None


def base_for_engine(
    base: Path,
    format: ModelFormat,
    *,
    precision: Precision,
    cache: Path | None,
    report: Callable[[], None] = lambda: None,
) -> Path | None:
    """Return the GGUF of a run's base model, converting it if needed; None if only transformers can answer for the run.

    Arguments and errors are those of `tuned`.
    """
    if precision in ROUNDED:
        return None
    if format == "gguf":
        return base
    if cache is None:
        return None
    from core.models.conversion.model import base_gguf  # imports llama.cpp to compare tokens

    try:
        return base_gguf(base, cache, report=lambda _: report())
    except InputError:  # a model family that llama.cpp does not support
        return None


def adapter_for_engine(folder: Path, base: Path, *, report: Callable[[], None] = lambda: None) -> Path | None:
    """Return the GGUF of a run's adapter, converting it if needed; None if llama.cpp cannot load this kind of adapter.

    Arguments and errors are those of `tuned`.
    """
    from core.models.conversion.adapter import adapter_gguf

    try:
        return adapter_gguf(RunFolder(folder).adapter, base, folder, report=report)
    except InputError:
        return None
