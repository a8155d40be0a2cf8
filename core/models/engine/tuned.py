"""A run as the engine takes it: the base model's GGUF, the adapter beside it, and the template it was trained with."""

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
    """Files of a run that the engine can answer for."""

    model: Path  # GGUF of the base
    adapter: Path  # GGUF of the adapter alone
    template: str

    def open_base(self, supervisor: Supervisor) -> EngineModel:
        """Return the base model, asked with the run's template."""
        return EngineModel(supervisor, self.model, template=self.template)

    def open_run(self, supervisor: Supervisor) -> EngineModel:
        """Return the run: the base model with the adapter."""
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
    """Return the run's files for the engine, made once where they are not there; None where transformers must answer.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        folder: the run's folder, with `adapter/`; what is made of the adapter is kept in it.
        template: the run's chat template.
        precision: in which the base was trained on.
        cache: keeps the GGUF of a base in safetensors; None where nothing is kept.
        report: called a few times a second while something is made; what it raises stops that.

    Raises:
        SetupError: the adapter or the converter is gone, memory ran out, or the disk is full.
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
    """Return the GGUF of a run's base, made once where it is not there; None where transformers must answer for the run.

    Arguments and errors as of `tuned`.
    """
    if precision in ROUNDED:
        return None
    if format == "gguf":
        return base
    if cache is None:
        return None
    from core.models.conversion.model import base_gguf  # comparing its tokens loads llama.cpp

    try:
        return base_gguf(base, cache, report=lambda _: report())
    except InputError:  # a family that llama.cpp does not know
        return None


def adapter_for_engine(folder: Path, base: Path, *, report: Callable[[], None] = lambda: None) -> Path | None:
    """Return the GGUF of a run's adapter, made once where it is not there; None where llama.cpp cannot load such a one.

    Arguments and errors as of `tuned`.
    """
    from core.models.conversion.adapter import adapter_gguf

    try:
        return adapter_gguf(RunFolder(folder).adapter, base, folder, report=report)
    except InputError:
        return None
