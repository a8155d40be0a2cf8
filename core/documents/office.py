"""Read Word, PowerPoint and Excel files (Office Open XML)."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.documents.plain import MAX_TEXT_BYTES, paged_text
from core.documents.tables import row_lines
from core.errors import InputError
from core.records import Page

MAX_UNPACKED_BYTES = 512 * 2**20  # total of all parts as declared by the archive; zipfile reads no more than declared
_MOST_RATIO = 300  # unpacked to packed size; only checked above 16 MB
_DAMAGED = "Open it in its program, save it again and add that."

Reading = tuple[str, tuple[Page, ...], str]


def read_docx(path: Path) -> Reading:
    """Return the text of a Word document (see `core.documents.word`), no pages, and no problem ("").

    Raises:
        InputError: the document is damaged, or `check_parts` refuses it.
    """
    from core.documents import word

    check_parts(path)
    try:
        text = "\n\n".join(map(word.block_text, word.open_word(path).blocks))
    except Exception as error:  # python-docx passes on lxml, zipfile and key errors, all meaning a damaged file
        raise InputError("The Word document is damaged and cannot be read.", _DAMAGED) from error
    return text, (), ""


def read_pptx(path: Path) -> Reading:
    """Return the text of a presentation, one page per slide, and no problem ("").

    A slide's title becomes a heading and its tables lines; speaker notes follow "Notes:".

    Raises:
        InputError: the file is damaged, or `check_parts` refuses it.
    """
    import pptx

    check_parts(path)
    try:
        slides = [_slide_text(slide) for slide in pptx.Presentation(str(path)).slides]
    except Exception as error:  # as in read_docx
        raise InputError("The PowerPoint file is damaged and cannot be read.", _DAMAGED) from error
    text, pages = paged_text(slides, [f"slide {number}" for number in range(1, len(slides) + 1)])
    return text, pages, ""


def _slide_text(slide: Any) -> str:
    blocks: list[str] = []
    title = slide.shapes.title
    for shape in _shapes(slide.shapes):
        if shape.has_text_frame:
            lines = [" ".join(paragraph.text.split()) for paragraph in shape.text_frame.paragraphs]
            text = "\n".join(filter(None, lines))
            is_title = title is not None and shape.shape_id == title.shape_id
            blocks.append("# " + text.replace("\n", " ") if text and is_title else text)
        elif getattr(shape, "has_table", False) and shape.has_table:
            blocks.append("\n".join(row_lines([[cell.text for cell in row.cells] for row in shape.table.rows])))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        blocks.append(f"Notes: {notes}" if notes else "")
    return "\n\n".join(filter(None, blocks))


def _shapes(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            yield from _shapes(shape.shapes)
        else:
            yield shape


def read_xlsx(path: Path) -> Reading:
    """Return the text of a workbook, one page per sheet, and no problem ("").

    Each row becomes a line such as "Item: Pump; Price: 12.5"; formulas give their last computed values.

    Raises:
        InputError: the workbook is damaged or holds too much text, or `check_parts` refuses it.
    """
    import openpyxl

    check_parts(path)
    try:
        with path.open("rb") as file:  # given a path, openpyxl would check the stored file's extension
            sheets = list(_sheets(openpyxl.load_workbook(file, read_only=True, data_only=True)))
    except InputError:
        raise
    except Exception as error:  # as in read_docx
        raise InputError("The Excel workbook is damaged and cannot be read.", _DAMAGED) from error
    text, pages = paged_text([text for _, text in sheets], [f"sheet {title}" for title, _ in sheets])
    return text, pages, ""


def _sheets(workbook: Any) -> Iterator[tuple[str, str]]:
    size = 0
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # some programs declare wrong dimensions
        lines = []
        for line in row_lines(
            ["" if cell is None else shown_value(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
        ):
            size += len(line)
            if size > MAX_TEXT_BYTES:
                raise InputError(
                    f"The workbook holds more than {MAX_TEXT_BYTES // 2**20} MB of text.", "Split it into parts."
                )
            lines.append(line)
        yield sheet.title, "\n".join([f"# {sheet.title}", *lines]) if lines else ""


def shown_value(value: object) -> str:
    """Format a cell's value as it appears in the text: whole numbers without ".0", dates without midnight."""
    import datetime

    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def check_parts(path: Path) -> None:
    """Refuse zip bombs before anything is unpacked, and XML that declares entities, which no Office program writes.

    Raises:
        InputError: the file is either of these, or a part of it cannot be unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
            if unpacked > MAX_UNPACKED_BYTES or (unpacked > 2**24 and unpacked > _MOST_RATIO * max(packed, 1)):
                raise InputError(
                    f"The file would unpack to {unpacked / 2**20:,.0f} MB: it may be a zip bomb.", "Split it into parts."
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as file:
                        head = file.read(4096).replace(b"\0", b"")  # in UTF-16 every other byte is 0
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise InputError("The file declares XML entities, which Office files never do.", _DAMAGED)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise InputError("The file is damaged: a part of it cannot be unpacked.", _DAMAGED) from error
