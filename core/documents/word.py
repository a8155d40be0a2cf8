"""Read a Word document's paragraphs, headings, tables, notes, headers and footers, in reading order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.documents.tables import row_lines

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TRANSPARENT = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "customXml"))  # block-level wrappers
_TEXT = tuple(f"{W}{name}" for name in ("t", "tab", "br", "cr", "noBreakHyphen"))
_BESIDE = re.compile(r"/word/((?:foot|end)notes|(?:header|footer)\d*)\.xml")
_ORDER = ("footnotes", "endnotes", "header", "footer")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph and the `marker` before it ("# ", "• "), or the `rows` of a table: each cell a tuple of paragraphs."""

    marker: str = ""
    paragraph: Any = None
    rows: tuple[tuple[tuple[Any, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class WordFile:
    """An open document: its python-docx object, its blocks in reading order, and the parts other than the body by name.

    `repeats` pairs each header or footer paragraph whose text occurred before with the earlier paragraph; such text is
    read only once.
    """

    document: Any
    blocks: tuple[Block, ...]
    parts: dict[str, Any]  # "/word/footnotes.xml" -> root element
    repeats: tuple[tuple[Any, Any], ...] = ()


def open_word(path: Path) -> WordFile:
    """Read a document: body, footnotes, endnotes, then each distinct paragraph of the headers and footers.

    Deleted text, text moved elsewhere, comments, field codes and the fallback copy of a text box are not read. A paragraph
    in a text box or table inside a cell also belongs to the outer cell, and is read there as well.
    """
    import docx
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    document = docx.Document(str(path))
    levels = {style.style_id: heading_level(style.name or "") for style in document.styles}
    blobs = {str(part.partname): part.blob for part in document.part.package.iter_parts()}
    parts = {name: etree.fromstring(blobs[name], parser) for name in sorted(filter(_BESIDE.fullmatch, blobs), key=_place)}
    blocks = list(_blocks(document.element.body, levels))
    said: dict[str, Any] = {}
    repeats: list[tuple[Any, Any]] = []
    for name, root in parts.items():
        for paragraph in root.iter(f"{W}p"):
            text = paragraph_text(paragraph)
            if text in said and "notes" not in name:
                repeats.append((paragraph, said[text]))
            elif text:
                blocks.append(Block(paragraph=paragraph))
                said[text] = paragraph
    return WordFile(document, tuple(blocks), parts, tuple(repeats))


def _place(name: str) -> tuple[int, str]:
    return next(index for index, word in enumerate(_ORDER) if word in name), name


def block_text(block: Block) -> str:
    """Return the text of one block, a table as one line per row."""
    if block.paragraph is not None:
        return block.marker + paragraph_text(block.paragraph)
    return "\n".join(row_lines([[cell_text(cell) for cell in row] for row in block.rows]))


def cell_text(paragraphs: tuple[Any, ...]) -> str:
    """Return the text of a cell, its paragraphs separated by blanks."""
    return " ".join(filter(None, map(paragraph_text, paragraphs)))


def paragraph_text(element: Any) -> str:
    """Return the text of a paragraph on one line."""
    return re.sub(r"\s+", " ", "".join(text for _, text in text_nodes(element))).strip()


def text_nodes(element: Any) -> Iterator[tuple[Any, str]]:
    """Yield each text node of a paragraph, including insertions, links and text boxes, with its text."""
    for node in element.iter(*_TEXT):
        if any(above.tag.endswith("}Fallback") or above.tag == f"{W}moveFrom" for above in node.iterancestors()):
            continue  # a text box is stored twice; the fallback is for old programs
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
    """Return 1 to 6 for the styles that mark a heading, else 0."""
    match = re.fullmatch(r"heading ([1-9])", style_name.lower())
    return min(int(match[1]), 6) if match else int(style_name == "Title")
