"""What is read of a Word document, and in which order: paragraphs, headings, tables, notes, headers and footers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.documents.tables import row_lines

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TRANSPARENT = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "customXml"))  # read through, at block level
_TEXT = tuple(f"{W}{name}" for name in ("t", "tab", "br", "cr", "noBreakHyphen"))
_BESIDE = re.compile(r"/word/((?:foot|end)notes|(?:header|footer)\d*)\.xml")
_ORDER = ("footnotes", "endnotes", "header", "footer")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph with what is written before it ("# ", "• "), or the rows of a table: cells of paragraphs."""

    marker: str = ""
    paragraph: Any = None
    rows: tuple[tuple[tuple[Any, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class WordFile:
    """An open document: its python-docx object, its blocks in reading order, the parts beside the body by their names.

    `repeats` are paragraphs of headers and footers that say what an earlier one says, with that one: they are read once.
    """

    document: Any
    blocks: tuple[Block, ...]
    parts: dict[str, Any]  # "/word/footnotes.xml" -> root element
    repeats: tuple[tuple[Any, Any], ...] = ()


def open_word(path: Path) -> WordFile:
    """Read a document: body, footnotes, endnotes, then what headers and footers say, each once.

    Deleted text, text moved away, comments, field codes, and the second storing of a text box are not read. A paragraph
    inside a table's text box or inner table belongs to the outer cell too, and is read there as well.
    """
    import docx
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    document = docx.Document(str(path))
    levels = {style.style_id: heading_level(style.name or "") for style in document.styles}
    blobs = {str(part.partname): part.blob for part in document.part.package.iter_parts()}
    found = {name: etree.fromstring(blobs[name], parser) for name in sorted(filter(_BESIDE.fullmatch, blobs), key=_place)}
    blocks = list(_blocks(document.element.body, levels))
    said: dict[str, Any] = {}
    repeats: list[tuple[Any, Any]] = []
    for name, root in found.items():
        for paragraph in root.iter(f"{W}p"):
            text = paragraph_text(paragraph)
            if text in said and "notes" not in name:
                repeats.append((paragraph, said[text]))
            elif text:
                blocks.append(Block(paragraph=paragraph))
                said[text] = paragraph
    return WordFile(document, tuple(blocks), found, tuple(repeats))


def _place(name: str) -> tuple[int, str]:
    return next(index for index, word in enumerate(_ORDER) if word in name), name


def block_text(block: Block) -> str:
    """The lines of one block."""
    if block.paragraph is not None:
        return block.marker + paragraph_text(block.paragraph)
    return "\n".join(row_lines([[cell_text(cell) for cell in row] for row in block.rows]))


def cell_text(paragraphs: tuple[Any, ...]) -> str:
    """The text of a cell, its paragraphs parted by blanks."""
    return " ".join(filter(None, map(paragraph_text, paragraphs)))


def paragraph_text(element: Any) -> str:
    """The text of a paragraph on one line."""
    return re.sub(r"\s+", " ", "".join(text for _, text in text_nodes(element))).strip()


def text_nodes(element: Any) -> Iterator[tuple[Any, str]]:
    """The nodes of a paragraph that hold text, with insertions, links and text boxes, and what each says."""
    for node in element.iter(*_TEXT):
        if any(above.tag.endswith("}Fallback") or above.tag == f"{W}moveFrom" for above in node.iterancestors()):
            continue  # a text box is stored twice, the second time for old programs
        yield node, (node.text or "") if node.tag == f"{W}t" else "-" if node.tag == f"{W}noBreakHyphen" else " "


def _blocks(parent: Any, levels: dict[str, int]) -> Iterator[Block]:
    for element in parent:
        if element.tag == f"{W}p":
            if paragraph_text(element):
                yield Block(_marker(element, levels), element)
        elif element.tag == f"{W}tbl":
            yield Block(rows=tuple(tuple(map(_paragraphs, row.iter(f"{W}tc"))) for row in element.iter(f"{W}tr")))
        elif element.tag in TRANSPARENT:
            yield from _blocks(element, levels)


def _paragraphs(cell: Any) -> tuple[Any, ...]:
    return tuple(cell.iter(f"{W}p"))


def _marker(element: Any, levels: dict[str, int]) -> str:
    style = element.find(f"{W}pPr/{W}pStyle")
    level = levels.get(style.get(f"{W}val"), 0) if style is not None else 0
    if level:
        return "#" * level + " "
    is_item = element.find(f"{W}pPr/{W}numPr") is not None or (style is not None and "List" in style.get(f"{W}val", ""))
    return "• " if is_item else ""


def heading_level(style_name: str) -> int:
    """1 to 6 for the styles that mark a heading, else 0."""
    match = re.fullmatch(r"heading ([1-9])", style_name.lower())
    return min(int(match[1]), 6) if match else int(style_name == "Title")
