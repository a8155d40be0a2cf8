"""Copy a CSV file with replaced cell text, keeping its rows, columns, delimiter, quotation marks and line ends."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.documents import layout
from core.documents.copies import CopiedFile, changed_layout, check_same_text
from core.documents.plain import decode
from core.documents.tables import Piece, csv_dialect, csv_rows, placed_lines
from core.documents.text_map import Placed, Replacement, collapsed, in_raw, replaced, slot_replacements

_Dialect = type[csv.Dialect] | csv.Dialect
_BOM = b"\xef\xbb\xbf"


def copy_csv(original: Path, text: str, edits: Sequence[Replacement], *, target: Path) -> CopiedFile:
    """Copy the table in `original` to `target` with `edits` applied; their offsets are in `text`, as it was read.

    The copy is UTF-8, with a byte order mark unless the original was plain UTF-8. Cells that are not part of `text`
    become empty.

    Raises:
        LayoutError: the file no longer gives `text`, or the copy, read back, does not give the intended text.
    """
    data = original.read_bytes()
    content = layout.cleaned(decode(data))
    dialect = csv_dialect(content)
    rows = list(csv_rows(content, dialect))
    traced, placed = placed_text(placed_lines(rows))
    check_same_text(traced, text)
    copy = replaced_cells(rows, placed, edits)
    line_end = "\r\n" if b"\r\n" in data else "\n"
    written = _written(copy, dialect, quoting=_quoting(rows, dialect, content)).replace("\n", line_end)
    if not content.endswith("\n"):
        written = written.removesuffix(line_end)
    target.write_bytes(written.encode("utf-8" if _is_plain_utf8(data) else "utf-8-sig"))
    again = list(csv_rows(layout.cleaned(decode(target.read_bytes())), dialect))
    if _shown(again) != _shown(copy):
        raise changed_layout()
    return CopiedFile(strings=tuple(cell for row in again for cell in row if cell))


def placed_text(lines: Iterable[list[Piece]]) -> tuple[str, list[Placed]]:
    """Join `lines` with line breaks and return the text with its cells' positions.

    The slot of each `Placed` is (row, column).
    """
    out: list[str] = []
    placed: list[Placed] = []
    at = 0
    for line in lines:
        for piece, row, column in line:
            if row >= 0:
                placed.append(Placed(at, at + len(piece), (row, column)))
            at += len(piece)
        out.append("".join(piece for piece, _, _ in line))
        at += 1
    return "\n".join(out), placed


def replaced_cells(rows: Sequence[Sequence[str]], placed: Sequence[Placed], edits: Iterable[Replacement]) -> list[list[str]]:
    """Return `rows` with the edits applied; a cell that is not `placed` was never shown to anybody and becomes empty."""
    parts = slot_replacements(placed, edits)
    shown = {place.slot for place in placed}

    def copied(cell: str, slot: tuple[int, int]) -> str:
        if slot not in shown:
            return ""
        return replaced(cell, in_raw(collapsed(cell)[1], parts[slot])) if slot in parts else cell

    return [[copied(cell, (row, column)) for column, cell in enumerate(cells)] for row, cells in enumerate(rows)]


def _written(rows: Iterable[Sequence[str]], dialect: _Dialect, *, quoting: int) -> str:
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=dialect.delimiter,
        quotechar=dialect.quotechar or '"',
        quoting=csv.QUOTE_ALL if quoting == csv.QUOTE_ALL else csv.QUOTE_MINIMAL,
        lineterminator="\n",
    )
    writer.writerows(rows)
    return out.getvalue()


def _quoting(rows: Sequence[Sequence[str]], dialect: _Dialect, content: str) -> int:
    """Return `csv.QUOTE_ALL` if quoting every cell reproduces the original, else `csv.QUOTE_MINIMAL`."""
    is_all = (
        content.lstrip().startswith(dialect.quotechar or '"')
        and _written(rows, dialect, quoting=csv.QUOTE_ALL).strip() == content.strip()
    )
    return csv.QUOTE_ALL if is_all else csv.QUOTE_MINIMAL


def _is_plain_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.startswith(_BOM)


def _shown(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[collapsed(cell)[0] for cell in row] for row in rows if any(map(str.strip, row))]
