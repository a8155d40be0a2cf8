"""Split GGUF files: a model in several files, as llama.cpp's `gguf-split` makes them, is joined to one when it is added."""

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError
from core.files import CHUNK_BYTES
from core.models.intake.header import Header, read_header

COUNT, NUMBER = "split.count", "split.no"
NAME = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")  # llama.cpp, `llama_split_path`
TOGETHER = "Put all parts into one folder and add the first; they are joined here."


def is_part(header: Header) -> bool:
    """Return whether a GGUF with this header is one of several parts of a model."""
    return int(header.get(COUNT, 0)) > 1


def parts_of(path: Path, header: Header) -> list[Path]:
    """Return the files of the model that the GGUF at `path` is a part of, in order; of a file that is no part, itself.

    Raises:
        InputError: parts are missing, or were made of different models.
    """
    if not is_part(header):
        return [path]
    count = int(header.get(COUNT))
    named = NAME.fullmatch(path.name)
    if named is None or int(named["count"]) != count:
        raise InputError(
            f"{path.name!r} is one of {count} parts of a model, but is not named as such.",
            f"Name the parts as llama.cpp does, such as model-00001-of-{count:05}.gguf.",
        )
    parts = [path.with_name(f"{named['name']}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    gone = [part.name for part in parts if not part.is_file()]
    if gone:
        raise InputError(
            f"{path.name!r} is one of {count} parts of a model; {len(gone)} are missing: {', '.join(gone[:3])}.", TOGETHER
        )
    return parts


def joined_name(path: Path) -> str:
    """Return the name of the file that the parts are joined to: that of a part without its number."""
    named = NAME.fullmatch(path.name)
    return f"{named['name']}.gguf" if named else path.name


def proposed_name(path: Path) -> str:
    """Return what to call the model at `path`: its folder's or file's name without endings and numbers of parts."""
    return path.name if path.is_dir() else Path(joined_name(path)).stem


def join(parts: Sequence[Path], target: Path) -> None:
    """Write one GGUF of all parts: the metadata of the first, and every tensor as it is stored.

    Raises:
        InputError: a part is damaged or not the one that its name says, or tensors are missing.
    """
    headers = [read_header(part) for part in parts]
    first = headers[0]
    for number, (part, header) in enumerate(zip(parts, headers, strict=True)):
        if header.get(NUMBER) != number or header.get(COUNT) != len(parts):
            raise InputError(f"{part.name!r} is not part {number + 1} of {len(parts)} of a model.", TOGETHER)
    alignment = first.alignment
    kept = [entry for entry in first.entries if not entry.key.startswith("split.")]
    table, at = [], 0
    for header in headers:
        for tensor in header.tensors:
            name = tensor.name.encode()
            shape = tensor.shape[::-1]
            table.append(
                struct.pack(f"<Q{len(name)}sI{len(shape)}QIQ", len(name), name, len(shape), *shape, tensor.kind, at)
            )
            at += -(-tensor.size_bytes // alignment) * alignment
    with target.open("wb") as joined, parts[0].open("rb") as source:
        joined.write(struct.pack("<4sIQQ", b"GGUF", first.version, len(table), len(kept)))
        for entry in kept:
            source.seek(entry.start)
            joined.write(source.read(entry.end - entry.start))
        joined.write(b"".join(table))
        for part, header in zip(parts, headers, strict=True):
            with part.open("rb") as data:
                for tensor in header.tensors:
                    joined.write(bytes(-joined.tell() % alignment))
                    data.seek(header.data_start + tensor.offset)
                    _copy(data, joined, tensor.size_bytes)
        joined.write(bytes(-joined.tell() % alignment))


def _copy(source: BinaryIO, target: BinaryIO, count: int) -> None:
    while count:
        chunk = source.read(min(count, CHUNK_BYTES))
        target.write(chunk)
        count -= len(chunk)
