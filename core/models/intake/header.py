"""The header of a GGUF file: its metadata and the list of its tensors, read in a fraction of a second.

The `gguf` library takes seconds for a vocabulary, which is walked over here: of an array of texts only the length is kept.
Source: ggml, `docs/gguf.md`.
"""

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from core.errors import InputError

FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
VERSIONS = (2, 3)
HINT = "Bring a GGUF file or a folder with safetensors; if it is one, copy it again."

Buffer = bytes | mmap.mmap


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the metadata: its place in the file, and its value; of an array of texts the value is its length."""

    key: str
    start: int
    end: int
    value: Any
    is_array: bool


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its shape as in numpy (rows first), its ggml type, and where its data lies after the header."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def count(self) -> int:
        """Return the number of its weights."""
        return prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Return the size of its data."""
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

        block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(self.kind)]
        return int(self.count // block * block_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a GGUF file says of itself. The table of tensors lies from byte `table_start` to `table_end`."""

    version: int
    entries: tuple[Entry, ...]
    tensors: tuple[Tensor, ...]
    table_start: int
    table_end: int
    size_bytes: int  # of the file

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value of the metadata."""
        return next((entry.value for entry in self.entries if entry.key == key), default)

    def of_family(self, key: str, default: Any = None) -> Any:
        """Return a value of the metadata whose key begins with the architecture, such as `llama.block_count`."""
        return self.get(f"{self.architecture}.{key}", default)

    @property
    def architecture(self) -> str:
        """Return llama.cpp's name of the family; "" if the file does not say."""
        return str(self.get("general.architecture", ""))

    @property
    def alignment(self) -> int:
        """Return the number of bytes of which the place of each tensor's data is a multiple."""
        return int(self.get("general.alignment", 0)) or 32

    @property
    def data_start(self) -> int:
        """Return where the tensors' data begins."""
        return -(-self.table_end // self.alignment) * self.alignment


def read_header(path: Path) -> Header:
    """Read the header of the GGUF at `path` and check that all its tensors lie within the file.

    Raises:
        InputError: this is no GGUF file, or it is damaged or cut short.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise InputError(f"{path.name!r} is not a GGUF file.", HINT)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                header = _read(content, size_bytes)
                is_whole = all(header.data_start + each.offset + each.size_bytes <= size_bytes for each in header.tensors)
            except (struct.error, ValueError, KeyError, OverflowError, MemoryError):
                is_whole = False
    if not is_whole:
        raise InputError(f"The GGUF file {path.name!r} is damaged or cut short.", HINT)
    return header


def _read(content: Buffer, size_bytes: int) -> Header:
    version, tensor_count, entry_count = struct.unpack_from("<IQQ", content, 4)
    if version not in VERSIONS or tensor_count + entry_count > size_bytes:
        raise ValueError(version)
    at = 24
    entries = []
    for _ in range(entry_count):
        entry, at = _entry(content, at)
        entries.append(entry)
    start, tensors = at, []
    for _ in range(tensor_count):
        tensor, at = _tensor(content, at)
        tensors.append(tensor)
    return Header(
        version=version,
        entries=tuple(entries),
        tensors=tuple(tensors),
        table_start=start,
        table_end=at,
        size_bytes=size_bytes,
    )


def _entry(content: Buffer, at: int) -> tuple[Entry, int]:
    key, after = _text(content, at)
    (kind,) = struct.unpack_from("<I", content, after)
    value, end = _value(content, after + 4, kind)
    return Entry(key, at, end, value, kind == ARRAY), end


def _tensor(content: Buffer, at: int) -> tuple[Tensor, int]:
    name, at = _text(content, at)
    (dimensions,) = struct.unpack_from("<I", content, at)
    shape = struct.unpack_from(f"<{dimensions}Q", content, at + 4)
    kind, offset = struct.unpack_from("<IQ", content, at + 4 + 8 * dimensions)
    return Tensor(name, shape[::-1], kind, offset), at + 16 + 8 * dimensions


def _text(content: Buffer, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", content, at)
    end = at + 8 + length
    if end > len(content):
        raise ValueError(length)
    return bytes(content[at + 8 : end]).decode("utf-8", errors="replace"), end


def _value(content: Buffer, at: int, kind: int) -> tuple[Any, int]:
    if kind == STRING:
        return _text(content, at)
    if kind != ARRAY:
        return struct.unpack_from(f"<{FORMS[kind]}", content, at)[0], at + struct.calcsize(f"<{FORMS[kind]}")
    inner, count = struct.unpack_from("<IQ", content, at)
    at += 12
    if inner != STRING:
        form = f"<{count}{FORMS[inner]}"
        return list(struct.unpack_from(form, content, at)), at + struct.calcsize(form)
    for _ in range(count):
        (length,) = struct.unpack_from("<Q", content, at)
        at += 8 + length
    return count, at
