"""Conversion of a run's adapter to a GGUF, which llama.cpp loads together with the base model."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from core.errors import SetupError
from core.files import sha256_file
from core.models.conversion.child import convert, fault, make_once
from core.models.conversion.launcher import CONFIG, WEIGHTS, Ending, Request
from core.models.engine.program import converters_folder

FORM = "1"  # part of cached file names; increase it to have everything converted again


def adapter_gguf(adapter: Path, base: Path, target: Path, *, report: Callable[[], None] = lambda: None) -> Path:
    """Return the adapter as an fp16 GGUF, converting it with llama.cpp's converter unless it exists.

    Args:
        adapter: a folder in peft's format (a run's `adapter/`).
        base: the model it belongs to, a GGUF file or a folder of safetensors. Only its configuration is read.
        target: folder for the file, such as the run's; its name includes a hash of the adapter and the base's name.
        report: called a few times a second; an exception from it stops the conversion.

    Raises:
        InputError: llama.cpp cannot load this kind of adapter, or does not support the model family.
        SetupError: the adapter or the converter is missing, memory ran out, or the disk is full.
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
