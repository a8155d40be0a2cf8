"""CSV and TSV: a table as text, read only. The separator is the one that gives the first row the most columns."""

import csv
import io
import re
from collections.abc import Iterator

from core.questions.exchange.pair_format import PairFormat
from core.questions.exchange.rows import Problem, Remark, Row, Source
from core.questions.exchange.table_rows import column_names, table_row
from core.questions.exchange.text_files import read_text, windows_text

_MOST_CHARACTERS = csv.field_size_limit()
_NAMED = re.compile(r"sep=([,;\t|])\r?\n")
_QUOTES = "A text with a separator, a quotation mark or a line break has to stand in quotation marks."


def _read(source: Source) -> Iterator[Row | Problem | Remark]:
    text = windows_text(source)
    if text is None:
        text = read_text(source)
    else:
        yield Remark(words="It is not UTF-8 and was read as Windows-1252: look at letters with accents.")
    separator, text, skipped = _separated(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] | None = None
    while True:
        place = f"line {reader.line_num + 1 + skipped}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _fault(place, error)
            return  # where the next row begins is not known
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names = column_names(cells, has_titles=source.has_titles)
            if source.has_titles:
                continue
        yield table_row(place, names, dict(enumerate(cells)), hint=_QUOTES)


def _fault(place: str, error: csv.Error) -> Problem:
    if "field larger" in str(error):
        return Problem(
            place=place, fault=f"has a text of more than {_MOST_CHARACTERS:,} characters", hint=f"Shorten it. {_QUOTES}"
        )
    return Problem(
        place=place, fault="cannot be read, nor what follows it: a quotation mark is missing or too many", hint=_QUOTES
    )


def _separated(text: str) -> tuple[str, str, int]:
    """Return a table's separator and its text, without the line in which Excel names the separator, if there is one."""
    if named := _NAMED.match(text):
        return named[1], text[named.end() :], 1
    line = text.lstrip().split("\n", 1)[0]
    return max(",;\t|", key=lambda mark: len(next(csv.reader([line], delimiter=mark), []))), text, 0


FORMAT = PairFormat(
    name="csv",
    words="CSV or TSV",
    suffix=".csv",
    mime="text/csv",
    read=_read,
    read_suffixes=(".csv", ".tsv", ".tab"),
    is_table=True,
)
