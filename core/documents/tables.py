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


def row_lines(rows: Iterable[list[str]]) -> Iterator[str]:
    """A line per row that holds anything: "Item: Pump; Price: 12.5" under a row of titles, else "Pump | 12.5".

    The first row that is not empty is the titles if it has two or more cells, all filled, different, short and
    none of them a number.
    """
    filled = ([re.sub(r"\s+", " ", cell).strip() for cell in row] for row in rows)
    filled = (row for row in filled if any(row))
    first = next(filled, None)
    if first is None:
        return
    while first and not first[-1]:
        first.pop()
    second = next(filled, None)
    if second is None or not _are_titles(first):
        yield from (_plain_line(row) for row in chain([first], [second] if second else [], filled))
        return
    for row in chain([second], filled):
        titled = [f"{title}: {cell}" for title, cell in zip(first, row, strict=False) if cell]
        yield "; ".join([*titled, *filter(None, row[len(first) :])])


def _are_titles(row: list[str]) -> bool:
    return (
        len(row) >= 2
        and all(row)
        and len({cell.lower() for cell in row}) == len(row)
        and not any(_NUMBER.fullmatch(cell) or len(cell) > _LONGEST_TITLE or cell.endswith(".") for cell in row)
    )


def _plain_line(row: list[str]) -> str:
    return " | ".join(filter(None, row))


def read_csv(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """A table of values parted by commas, semicolons, tabs or bars, as lines.

    Raises:
        InputError: the line that cannot be parsed, by its number.
    """
    text = layout.cleaned(decode(path.read_bytes()))
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text), dialect)
    try:
        return "\n".join(row_lines(reader)), (), ""
    except csv.Error as error:
        raise InputError(f"Line {reader.line_num} of the table cannot be read.", "Check its quotation marks.") from error
