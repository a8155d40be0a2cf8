"""Conversion of safetensors models to GGUF with llama.cpp's converter, cached for answering or written for export."""

import hashlib
import json
import math
import shutil
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from core.errors import InputError, SetupError
from core.models.conversion.child import Report, convert, fault, ignore, make_once
from core.models.conversion.launcher import ANY_WORDS, PROBE, Ending, Outcome, Request
from core.models.conversion.vocabulary import WAYS, tokens_of
from core.models.engine.program import converters_folder

Outtype = Literal["f32", "f16", "bf16"]

FORM = "1"  # part of cached file names; increase it to have everything converted again


def base_gguf(folder: Path, cache: Path, outtype: Outtype = "f16", *, report: Report = ignore) -> Path:
    """Return the model in `folder` as a GGUF, converting it if needed and checking that it tokenizes like transformers.

    Args:
        folder: a model's folder with safetensors, configuration and tokenizer.
        cache: folder for the file; its name includes a hash of the names, sizes and times of the model's files.
        outtype: type of the weights; vectors are fp32.
        report: called with progress, see `child.Report`.

    Raises:
        InputError: llama.cpp does not support this family, or would tokenize text differently.
        SetupError: the converter is missing, memory ran out, or the disk is full.
    """
    kept = cache / f"{folder.name}-{folder_key(folder)}-{outtype}.gguf"
    return make_once(kept, lambda beside: convert_folder(folder, beside, outtype, report=report), lambda: report(0.0))


def vocabulary_gguf(folder: Path, cache: Path) -> Path:
    """Return the vocabulary of the model in `folder` as a GGUF without weights, see `base_gguf`."""
    kept = cache / f"{folder.name}-{folder_key(folder)}-vocabulary.gguf"
    return make_once(kept, lambda beside: _convert(folder, _request(folder, beside, is_vocabulary=True)))


def convert_folder(folder: Path, target: Path, outtype: Outtype = "f16", *, report: Report = ignore) -> None:
    """Convert the model in `folder` to the GGUF `target`; see `base_gguf` for the cached variant."""
    size_bytes = _weight_count(folder) * (4 if outtype == "f32" else 2)
    free = shutil.disk_usage(target.parent).free
    if free < size_bytes:
        raise SetupError(
            f"The GGUF of {folder.name} needs {size_bytes / 1e9:.1f} GB in {target.parent}; {free / 1e9:.1f} GB are free.",
            "Free some space and start again; nothing stored is lost.",
        )
    _convert(folder, replace(_request(folder, target), outtype=outtype), report=report, size_bytes=size_bytes)


def _request(folder: Path, target: Path, *, is_vocabulary: bool = False) -> Request:
    return Request(
        kind="model",
        converters=str(converters_folder()),
        source=str(folder.absolute()),
        target=str(target.absolute()),
        is_vocabulary=is_vocabulary,
    )


def _convert(folder: Path, request: Request, *, report: Report = ignore, size_bytes: int = 0) -> None:
    target = Path(request.target)
    outcome = convert(request, report=report, size_bytes=size_bytes)
    may_try = outcome.ending in (Ending.DONE, Ending.UNKNOWN_TOKENIZER)
    if may_try and tokens_of(target, PROBE) != outcome.probe:
        # The list only knows published tokenizers, by a hash; for others, find the pre-tokenizer by comparing tokens.
        words = next((words for words in WAYS if tokens_of(target, PROBE, words=words) == outcome.probe), "")
        if not words:
            raise fault(Outcome(ending=Ending.UNKNOWN_TOKENIZER), folder.name)
        outcome = convert(replace(request, words=words), report=report, size_bytes=size_bytes)
    elif outcome.ending is Ending.UNKNOWN_TOKENIZER:
        outcome = convert(replace(request, words=ANY_WORDS), report=report, size_bytes=size_bytes)
    if outcome.ending is not Ending.DONE:
        raise fault(outcome, folder.name)


def folder_key(folder: Path) -> str:
    """Return a hash over the names, sizes and times of the folder's files: hashing contents would be slower than loading."""
    states = [FORM, str(folder.resolve())]
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        status = file.stat()
        states.append(f"{file.name}\0{status.st_size}\0{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]


def _weight_count(folder: Path) -> int:
    """Return the number of weights in the safetensors in `folder`.

    Raises:
        InputError: a file is damaged.
    """
    return sum(math.prod(shape) for file in folder.glob("*.safetensors") for shape in _shapes(file))


def _shapes(file: Path) -> Iterator[list[int]]:
    """Yield the shape of each tensor from the header (8 bytes of length, then JSON)."""
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length))
        yield from [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
    except (struct.error, ValueError, KeyError, AttributeError, MemoryError) as error:
        raise InputError(f"The weights {file.name!r} are damaged or cut short.", "Copy the model again.") from error
