"""The weights that a folder of safetensors holds, by the headers of its files."""

import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

from core.errors import InputError
from core.models.intake.accounts import COPY_AGAIN, listed

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class Stored:
    """A weight in a safetensors file: its shape, and the file's name for its type, such as "BF16"."""

    shape: tuple[int, ...]
    kind: str

    @property
    def count(self) -> int:
        """Return the number of its values."""
        return prod(self.shape)


def stored_weights(folder: Path, name: str) -> dict[str, Stored]:
    """Return all weights in the files that transformers reads: `model.safetensors`, or those that its index names.

    Raises:
        InputError: a file is missing or damaged, or an index names weights that are not in its file.
    """
    if (folder / WEIGHTS).is_file():
        return header_of(folder / WEIGHTS)
    index = folder / INDEX
    if not index.is_file():
        raise InputError(f"The model {name!r} has neither {WEIGHTS} nor {INDEX}.", COPY_AGAIN)
    try:
        places = {str(weight): str(file) for weight, file in json.loads(index.read_text("utf-8"))["weight_map"].items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"The file {INDEX} of {name!r} is damaged.", COPY_AGAIN) from error
    files = sorted(set(places.values()))
    gone = [file for file in files if Path(file).name != file or not (folder / file).is_file()]
    if gone:
        raise InputError(f"The model {name!r} lacks {len(gone)} of {len(files)} files: {', '.join(gone[:3])}.", COPY_AGAIN)
    stored = {file: header_of(folder / file) for file in files}
    absent = [weight for weight, file in places.items() if weight not in stored[file]]
    if absent:
        raise InputError(f"The files of {name!r} do not hold what {INDEX} names: {listed(absent)} missing.", COPY_AGAIN)
    return {key: weight for weights in stored.values() for key, weight in weights.items()}


def header_of(file: Path) -> dict[str, Stored]:
    """Return the weights in one safetensors file.

    The file must be an 8-byte header length, a JSON header, and exactly the bytes that describes. Source: the format
    description in the safetensors repository.

    Raises:
        InputError: the file is damaged or cut short.
    """
    size = file.stat().st_size
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length)) if length < size else {}
        header.pop("__metadata__", None)
        ends = [entry["data_offsets"][1] for entry in header.values()]
        is_whole = bool(ends) and max(ends) + length + 8 == size
        stored = {name: Stored(tuple(entry["shape"]), str(entry["dtype"])) for name, entry in header.items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        raise InputError(f"The weights {file.name!r} are damaged or cut short.", "Copy the model again and compare sizes.")
    return stored
