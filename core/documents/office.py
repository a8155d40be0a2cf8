"""Word, PowerPoint and Excel files (Office Open XML)."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.documents.plain import MAX_TEXT_BYTES, paged_text
from core.documents.tables import row_lines
from core.errors import InputError
from core.records import Page

MAX_UNPACKED_BYTES = 512 * 2**20  # of all parts together, as the archive declares them; zipfile reads no more than declared
_MOST_RATIO = 300  # unpacked to packed, of files over 16 MB
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DAMAGED = "Open it in its program, save it again and add that."

Reading = tuple[str, tuple[Page, ...], str]


def read_docx(path: Path) -> Reading:
    """Paragraphs in order, headings as Markdown, tables as lines, foot- and endnotes at the end; deleted text left out."""
    import docx

    _check_parts(path)
    try:
        document = docx.Document(str(path))
        levels = {style.style_id: _level(style.name or "") for style in document.styles}
        blocks = list(_blocks(document.element.body, levels))
        for part in document.part.package.iter_parts():
            if str(part.partname) in ("/word/footnotes.xml", "/word/endnotes.xml"):
                blocks += _notes(part.blob)
    except Exception as error:  # python-docx lets lxml, zipfile and key errors through, all for the same reason
        raise InputError("The Word document is damaged and cannot be read.", _DAMAGED) from error
    return "\n\n".join(blocks), (), ""


def _blocks(parent: Any, levels: dict[str, int]) -> Iterator[str]:
    for element in parent:
        if element.tag == f"{_W}p":
            text = _paragraph_text(element)
            if text:
                yield _marked(element, levels) + text
        elif element.tag == f"{_W}tbl":
            yield "\n".join(row_lines([_cells(row) for row in element.iter(f"{_W}tr")]))
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _blocks(element, levels)


def _paragraph_text(element: Any) -> str:
    """Text of a paragraph with insertions, links and text boxes; deletions (`w:delText`) and field codes are other tags."""
    pieces = []
    for node in element.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if any(above.tag.endswith("}Fallback") for above in node.iterancestors()):
            continue  # a text box is stored twice, the second time for old programs
        if node.tag == f"{_W}t":
            pieces.append(node.text or "")
        else:
            pieces.append("-" if node.tag.endswith("noBreakHyphen") else " ")
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


def _cells(row: Any) -> list[str]:
    return [" ".join(filter(None, map(_paragraph_text, cell.iter(f"{_W}p")))) for cell in row.iter(f"{_W}tc")]


def _marked(element: Any, levels: dict[str, int]) -> str:
    style = element.find(f"{_W}pPr/{_W}pStyle")
    level = levels.get(style.get(f"{_W}val"), 0) if style is not None else 0
    if level:
        return "#" * level + " "
    is_item = element.find(f"{_W}pPr/{_W}numPr") is not None or (style is not None and "List" in style.get(f"{_W}val", ""))
    return "• " if is_item else ""


def _level(style_name: str) -> int:
    match = re.fullmatch(r"heading ([1-9])", style_name.lower())
    return min(int(match[1]), 6) if match else int(style_name == "Title")


def _notes(blob: bytes) -> list[str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return [text for text in map(_paragraph_text, etree.fromstring(blob, parser).iter(f"{_W}p")) if text]


def read_pptx(path: Path) -> Reading:
    """Slides in order: title as a heading, text, tables as lines, speaker's notes after "Notes:"."""
    import pptx

    _check_parts(path)
    try:
        slides = [_slide_text(slide) for slide in pptx.Presentation(str(path)).slides]
    except Exception as error:  # as above
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
    """Sheets in order, each row a line "Item: Pump; Price: 12.5"; formulas as the values last computed."""
    import openpyxl

    _check_parts(path)
    try:
        with path.open("rb") as file:  # by its path, openpyxl would look at the stored file's extension
            sheets = list(_sheets(openpyxl.load_workbook(file, read_only=True, data_only=True)))
    except InputError:
        raise
    except Exception as error:  # as above
        raise InputError("The Excel workbook is damaged and cannot be read.", _DAMAGED) from error
    text, pages = paged_text([text for _, text in sheets], [f"sheet {title}" for title, _ in sheets])
    return text, pages, ""


def _sheets(workbook: Any) -> Iterator[tuple[str, str]]:
    size = 0
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # some programs write a size that is wrong
        lines = []
        for line in row_lines(
            ["" if cell is None else _shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
        ):
            size += len(line)
            if size > MAX_TEXT_BYTES:
                raise InputError(
                    f"The workbook holds more than {MAX_TEXT_BYTES // 2**20} MB of text.", "Split it into parts."
                )
            lines.append(line)
        yield sheet.title, "\n".join([f"# {sheet.title}", *lines]) if lines else ""


def _shown(value: object) -> str:
    import datetime

    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _check_parts(path: Path) -> None:
    """Refuses a bomb before anything is unpacked, and XML that declares entities: no Office program writes any."""
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
                        head = file.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise InputError("The file declares XML entities, which Office files never do.", _DAMAGED)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise InputError("The file is damaged: a part of it cannot be unpacked.", _DAMAGED) from error
