"""What a format of question pairs is: a record, which each module of `core.questions.formats` declares as `FORMAT`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.questions.exchange.rows import Problem, Remark, Row, Source
from core.records import QuestionPair


@dataclass(frozen=True, slots=True)
class PairFormat:
    """A format that question pairs are exported in, brought in from, or both.

    `write(pairs, file, with_source)` writes them to the open file; with their source, each with where it comes from.
    `write_folder(pairs, folder, with_source)` does so for a format of several files. `read(source)` yields the rows of a
    file, those that cannot be read as problems, and remarks; what is a question in a row is found out elsewhere.
    """

    name: str  # on the command line
    words: str  # on the page, as in "Download as JSONL"
    suffix: str  # of the exported file, or what follows the project's name in that of an exported folder
    mime: str
    write: Callable[[Sequence[QuestionPair], BinaryIO, bool], None] | None = None
    write_folder: Callable[[Sequence[QuestionPair], Path, bool], None] | None = None
    read: Callable[[Source], Iterator[Row | Problem | Remark]] | None = None
    read_suffixes: tuple[str, ...] = ()  # of files that `read` opens
    begins_with: re.Pattern[bytes] | None = None  # of files that `read` opens, whatever their name; None: the name tells
    is_table: bool = False  # whether `read` takes the first row for the names of the columns
    is_binary: bool = False  # whether the files that `read` opens are no text
    note: Callable[[Sequence[QuestionPair]], str] | None = None  # says what this format cannot hold; "" if nothing is lost
    description: str = ""  # a sentence for people who choose one
    place: int = 100  # on the page and in help, the smallest first

    @property
    def is_folder(self) -> bool:
        """Whether it consists of several files."""
        return self.write_folder is not None
