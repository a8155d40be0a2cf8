"""Render table rows as lines that people and language models can read, and read CSV files."""

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
_LONGEST_TITLE = 60  # maximum characters of a column's title


Piece = tuple[str, int, int]  # text with the row and column of its cell; -1, -1 for separators between cells


def row_lines(rows: Iterable[list[str]]) -> Iterator[str]:
    """Yield a line per non-empty row: "Item: Pump; Price: 12.5" if the table has column titles, else "Pump | 12.5".

    The first non-empty row holds the titles if another row follows and it has at least two cells, all of them filled,
    distinct, short, not a number and not ending in a period.
    """
    return ("".join(text for text, _, _ in line) for line in placed_lines(rows))


def placed_lines(rows: Iterable[list[str]]) -> Iterator[list[Piece]]:
    """Yield the lines of `row_lines` as pieces that name their cell; a title appears once for each filled cell under it."""
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
    """Yield the non-empty rows, with the white space in each cell collapsed to single blanks."""
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
    """Return a table separated by commas, semicolons, tabs or bars as lines of text, no pages, and no problem ("").

    Raises:
        InputError: a line cannot be parsed; the message gives its number.
    """
    text = layout.cleaned(decode(path.read_bytes()))
    return "\n".join(row_lines(csv_rows(text, csv_dialect(text)))), (), ""


def csv_dialect(text: str) -> type[csv.Dialect] | csv.Dialect:
    """Detect the table's CSV dialect, falling back to comma-separated."""
    try:
        return csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        return csv.excel


def csv_rows(text: str, dialect: type[csv.Dialect] | csv.Dialect) -> Iterator[list[str]]:
    """Yield the rows of a table.

    Raises:
        InputError: a line cannot be parsed; the message gives its number.
    """
    reader = csv.reader(io.StringIO(text), dialect)
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(f"Line {reader.line_num} of the table cannot be read.", "Check its quotation marks.") from error
