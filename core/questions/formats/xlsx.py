"""Excel workbooks, read only: the first sheet that holds something. Formulas give their last computed values."""

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from core.errors import InputError
from core.questions.exchange.pair_format import PairFormat
from core.questions.exchange.rows import Problem, Remark, Row, Source
from core.questions.exchange.table_rows import column_names, table_row

MOST_BYTES = 1 << 30  # unpacked: a small file can hold terabytes of the same character


def _read(source: Source) -> Iterator[Row | Problem | Remark]:
    import openpyxl

    _check_size(source)
    try:
        with source.open() as file:  # given a path, openpyxl would check the stored file's extension
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            yield from _rows(workbook, source)
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # openpyxl raises whatever a damaged part leads to
        raise InputError(f"{source.name} is damaged or no Excel workbook.", "Save it again as .xlsx.") from error


def _check_size(source: Source) -> None:
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{source.name} is damaged or no Excel workbook.", "Save it again as .xlsx.") from error
    if size > MOST_BYTES:
        raise InputError(f"{source.name} is too large when unpacked.", "Split it into several workbooks.")


def _rows(workbook: Any, source: Source) -> Iterator[Row | Problem | Remark]:
    from openpyxl.utils import get_column_letter

    is_begun = False
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # some programs declare wrong dimensions
        names: list[str] | None = None
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = {at: _text(cell) for at, cell in enumerate(row)}
            if not any(text.strip() for text in cells.values()):
                continue
            if is_begun and names is None:
                yield Remark(words=f"Sheet {workbook.worksheets.index(sheet) + 1} left out: only the first one is read.")
                break
            if names is None:
                names = column_names([cells.get(at, "") for at in range(len(row))], has_titles=source.has_titles)
                if source.has_titles:
                    continue
            letters = {at: f"{get_column_letter(at + 1)}{number}" for at in range(len(names))}
            yield table_row(f"row {number}", names, cells, letters=letters)
        is_begun = is_begun or names is not None


def _text(cell: Any) -> str:
    value = cell.value
    if value is None or cell.data_type == "e":  # an error such as #REF! is no text to learn
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


FORMAT = PairFormat(
    name="xlsx",
    words="Excel",
    suffix=".xlsx",
    mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    read=_read,
    read_suffixes=(".xlsx", ".xlsm"),
    begins_with=re.compile(rb"PK\x03\x04"),
    is_table=True,
    is_binary=True,
)
