"""Copy an Excel workbook as a new one that holds only sheets, cell values, number formats and column widths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.documents.copies import CopiedFile, changed_layout, check_same_text
from core.documents.office import check_parts, shown_value
from core.documents.plain import paged_text
from core.documents.table_copy import placed_text
from core.documents.tables import placed_lines
from core.documents.text_map import Placed, Replacement, collapsed, in_raw, replaced, slot_replacements

_LONGEST_TITLE = 31  # characters, Excel's limit
_FORBIDDEN = str.maketrans("", "", "[]:*?/\\'")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet: `formats` are built-in number formats or "", row by row like `values`; `widths` go by column letters."""

    title: str
    values: list[list[Any]]
    formats: list[list[str]]
    widths: dict[str, float]


def copy_xlsx(original: Path, text: str, edits: Sequence[Replacement], *, target: Path) -> CopiedFile:
    """Copy the workbook in `original` to `target` with `edits` applied; their offsets are in `text`, as it was read.

    Formulas become their last computed values. Comments, defined names, pictures, charts, pivot tables and all cell
    formatting except built-in number formats are left out. Cells that are not part of `text` become empty.

    Raises:
        LayoutError: the file no longer gives `text`, or the copy, read back, does not give the intended text.
    """
    check_parts(original)
    sheets = _read(original)
    traced, placed = _placed(sheets)
    check_same_text(traced, text)
    said = _said(sheets, placed, edits)
    _write(said, target)
    again = _read(target)
    if [_shown(sheet) for sheet in again] != [_shown(sheet) for sheet in said]:
        raise changed_layout()
    cells = (_text(value) for sheet in again for row in sheet.values for value in row)
    return CopiedFile((*(sheet.title for sheet in again), *filter(None, cells)))


def _read(path: Path) -> list[_Sheet]:
    import openpyxl
    from openpyxl.styles.numbers import BUILTIN_FORMATS_REVERSE

    with path.open("rb") as file:
        workbook = openpyxl.load_workbook(file, data_only=True)
    cells = []
    for sheet in workbook.worksheets:
        rows = [list(row) for row in sheet.iter_rows()]
        formats = [[f if (f := cell.number_format) in BUILTIN_FORMATS_REVERSE else "" for cell in row] for row in rows]
        widths = {letters: column.width for letters, column in sheet.column_dimensions.items() if column.width}
        cells.append(_Sheet(sheet.title, [[cell.value for cell in row] for row in rows], formats, widths))
    return cells


def _text(value: object) -> str:
    return "" if value is None else shown_value(value)


def _placed(sheets: Sequence[_Sheet]) -> tuple[str, list[Placed]]:
    """Return the workbook's text as `read_xlsx` gives it, with the positions of titles and cells.

    A title's slot is (sheet,), a cell's (sheet, row, column).
    """
    read = [placed_text(placed_lines([[_text(value) for value in row] for row in sheet.values])) for sheet in sheets]
    bodies = [f"# {sheet.title}\n{lines}" if lines else "" for sheet, (lines, _) in zip(sheets, read, strict=True)]
    text, pages = paged_text(bodies, ["" for _ in sheets])
    placed: list[Placed] = []
    for number, (sheet, page, (lines, cells)) in enumerate(zip(sheets, pages, read, strict=True)):
        if lines:
            title = collapsed(sheet.title)[0]
            at = page.start + 2 + len(sheet.title)
            if title == sheet.title:
                placed.append(Placed(at - len(title), at, (number,)))
            placed += [Placed(c.start + at + 1, c.end + at + 1, (number, *c.slot)) for c in cells]  # type: ignore[misc]
    return text, placed


def _said(sheets: Sequence[_Sheet], placed: Sequence[Placed], edits: Iterable[Replacement]) -> list[_Sheet]:
    """Return the sheets with the edits applied; cells nobody was shown become empty, such titles "Sheet 1" and so on."""
    parts = slot_replacements(placed, edits)
    shown = {place.slot for place in placed}

    def said(value: Any, slot: tuple[int, ...]) -> Any:
        if slot not in shown:
            return None
        return replaced(_text(value), in_raw(collapsed(_text(value))[1], parts[slot])) if slot in parts else value

    titles: set[str] = set()
    out = []
    for number, sheet in enumerate(sheets):
        title = str(said(sheet.title, (number,)) or "").translate(_FORBIDDEN)[:_LONGEST_TITLE].strip()
        title = title if title and title.casefold() not in titles else f"Sheet {number + 1}"
        titles.add(title.casefold())
        rows = [
            [said(value, (number, row, column)) for column, value in enumerate(values)]
            for row, values in enumerate(sheet.values)
        ]
        out.append(replace(sheet, title=title, values=rows))
    return out


def _write(sheets: Sequence[_Sheet], target: Path) -> None:
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    workbook.properties.creator = ""
    for sheet in sheets:
        made = workbook.create_sheet(sheet.title)
        for letters, width in sheet.widths.items():
            made.column_dimensions[letters].width = width
        for row, (values, formats) in enumerate(zip(sheet.values, sheet.formats, strict=True), start=1):
            for column, (value, number_format) in enumerate(zip(values, formats, strict=True), start=1):
                if value is not None:
                    cell = made.cell(row, column, value)
                    if number_format:  # without one, openpyxl formats dates as ISO 8601
                        cell.number_format = number_format
                    if isinstance(value, str):
                        cell.data_type = "s"  # text that begins with "=" must not become a formula
    with target.open("wb") as file:
        workbook.save(file)


def _shown(sheet: _Sheet) -> list[list[str]]:
    """Return the texts of the non-empty cells, row by row, without empty rows."""
    rows = [[collapsed(_text(value))[0] for value in row] for row in sheet.values]
    return [list(filter(None, row)) for row in rows if any(row)]
