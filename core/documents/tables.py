"""Rows as lines a person and a language model can read, and CSV files."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from core.documents import layout
from core.documents.plain import decode
from core.errors import InputError
from core.records import Page

_NUMBER = re.compile(r"[-+(]?[\d.,:/\s%€$£-]+\)?")
_LONGEST_TITLE = 60  # characters of a column's title


Piece = tuple[str, int, int]  # text, and the row and column of its cell; -1, -1 for what stands between cells


def row_lines(rows: Iterable[list[str]]) -> Iterator[str]:
    """A line per row that holds anything: "Item: Pump; Price: 12.5" under a row of titles, else "Pump | 12.5".

    The first row that is not empty is the titles if it has two or more cells, all filled, different, short and
    none of them a number.
    """
    return ("".join(text for text, _, _ in line) for line in placed_lines(rows))


def placed_lines(rows: Iterable[list[str]]) -> Iterator[list[Piece]]:
    """The lines of `row_lines` in pieces that say which cell each comes from; a title comes once for each cell under it."""
    filled = _filled(rows)
    first = next(filled, None)
    if first is None:
        return
    while first and not first[-1][0]:
        first.pop()
    second = next(filled, None)
    if second is None or not _are_titles([title for title, _, _ in first]):
        yield from (_joined([*filter(_has_text, row)], " | ") for row in chain([first], [second] if second else [], filled))
        return
    for row in chain([second], filled):
        pairs = [[title, (": ", -1, -1), cell] for title, cell in zip(first, row, strict=False) if cell[0]]
        yield _joined([*pairs, *filter(_has_text, row[len(first) :])], "; ")


def _filled(rows: Iterable[list[str]]) -> Iterator[list[Piece]]:
    """The rows that hold anything, their cells on one line."""
    for number, row in enumerate(rows):
        cells = [(re.sub(r"\s+", " ", cell).strip(), number, column) for column, cell in enumerate(row)]
        if any(map(_has_text, cells)):
            yield cells


def _has_text(piece: Piece) -> bool:
    return bool(piece[0])


def _joined(items: Iterable[Piece | list[Piece]], separator: str) -> list[Piece]:
    line: list[Piece] = []
    for item in items:
        if line:
            line.append((separator, -1, -1))
        line += item if isinstance(item, list) else [item]
    return line


def _are_titles(row: list[str]) -> bool:
    return (
        len(row) >= 2
        and all(row)
        and len({cell.lower() for cell in row}) == len(row)
        and not any(_NUMBER.fullmatch(cell) or len(cell) > _LONGEST_TITLE or cell.endswith(".") for cell in row)
    )


def read_csv(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """A table of values parted by commas, semicolons, tabs or bars, as lines.

    Raises:
        InputError: the line that cannot be parsed, by its number.
    """
    text = layout.cleaned(decode(path.read_bytes()))
    return "\n".join(row_lines(csv_rows(text, csv_dialect(text)))), (), ""


def csv_dialect(text: str) -> type[csv.Dialect] | csv.Dialect:
    """How the table is written; commas where nothing tells."""
    try:
        return csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        return csv.excel


def csv_rows(text: str, dialect: type[csv.Dialect] | csv.Dialect) -> Iterator[list[str]]:
    """The rows of a table.

    Raises:
        InputError: the line that cannot be parsed, by its number.
    """
    reader = csv.reader(io.StringIO(text), dialect)
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(f"Line {reader.line_num} of the table cannot be read.", "Check its quotation marks.") from error
