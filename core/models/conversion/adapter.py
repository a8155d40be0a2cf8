"""A run's adapter as llama.cpp loads it beside the base model: a GGUF that holds the adapter alone."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from core.errors import SetupError
from core.files import sha256_file
from core.models.conversion.child import convert, fault, make_once
from core.models.conversion.launcher import CONFIG, WEIGHTS, Ending, Request
from core.models.engine.program import converters_folder

FORM = "1"  # part of the name of what is kept; another number makes everything anew


def adapter_gguf(adapter: Path, base: Path, target: Path, *, report: Callable[[], None] = lambda: None) -> Path:
    """Return the adapter as a GGUF in fp16, made by llama.cpp's own converter where it is not there yet.

    Args:
        adapter: a folder as peft keeps it (a run's `adapter/`).
        base: the model it belongs to: a GGUF file, or a folder of safetensors. Only its description is read.
        target: the folder that keeps the file, such as the run's; the name holds a hash of adapter and base.
        report: called a few times a second; what it raises stops the conversion.

    Raises:
        InputError: llama.cpp cannot load such an adapter, or does not know this family of models.
        SetupError: the adapter or the converter is gone, memory ran out, or the disk is full.
    """
    for name in (CONFIG, WEIGHTS):
        if not (adapter / name).is_file():
            raise SetupError(f"The adapter's {name} is gone.", "Restore the workspace from a backup or train again.")
    parts = [FORM, base.name, *(sha256_file(adapter / name) for name in (CONFIG, WEIGHTS))]
    kept = target / f"adapter-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.gguf"

    def make(beside: Path) -> None:
        request = Request(
            kind="adapter",
            converters=str(converters_folder()),
            source=str(adapter.absolute()),
            base=str(base.absolute()),
            target=str(beside.absolute()),
        )
        outcome = convert(request, report=lambda _: report())
        if outcome.ending is not Ending.DONE:
            raise fault(outcome, "this adapter")

    return make_once(kept, make, report)
