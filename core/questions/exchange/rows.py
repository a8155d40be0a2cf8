"""A file of question pairs as rows: what every format that can be read yields."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to read, or its bytes. `name` is what people call it: it may be stored under another one."""

    content: Path | bytes
    name: str
    has_titles: bool = True  # whether the first row of a table holds the names of its columns

    def open(self) -> BinaryIO:
        """Return the opened file.

        Raises:
            InputError: it cannot be read.
        """
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        try:
            return self.content.open("rb")
        except OSError as error:
            raise InputError(f"{self.name} cannot be read ({error.strerror}).", "Check the path.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What stands in a line or row, by the names of the columns or keys. `cells` holds the names of cells that have one."""

    place: str  # in words, such as "line 7"
    values: Mapping[str, Any]
    cells: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, column: str) -> str:
        """Return where a value stands, in words: `cell B7`, or `line 7` if cells have no names."""
        return f"cell {self.cells[column]}" if column in self.cells else self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a line or row cannot be used, and what to do about it: `fault` follows its place, as in "line 7 is not JSON"."""

    place: str
    fault: str
    hint: str

    @property
    def words(self) -> str:
        """The problem as a sentence."""
        return f"{self.place[:1].upper()}{self.place[1:]} {self.fault}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about a whole file that people must know before they bring it in, as a sentence."""

    words: str
