"""Rebuild a Word document's paragraphs and tables from the text that was read and known formatting, nothing else."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.documents.word import W, WordFile, text_nodes
from core.documents.word_parts import NAMESPACES, Formatting

_SKIPPED = frozenset(f"{W}{name}" for name in ("del", "moveFrom", "rPr", "pPr"))
_MARKS = frozenset(
    f"{W}{name}" for name in ("footnoteRef", "endnoteRef", "separator", "continuationSeparator", "softHyphen")
)
_NOTE_REFERENCES = frozenset((f"{W}footnoteReference", f"{W}endnoteReference"))
_PAGE_FIELD = re.compile(r"\s*(PAGE|NUMPAGES|SECTIONPAGES)\b(?:\s*\\\*\s*\w+)*\s*")


class BlockCopy:
    """Copies blocks of text. `said` maps each text node to its new text; text in nodes missing from it is left out."""

    def __init__(self, word: WordFile, said: Mapping[Any, str], formatting: Formatting) -> None:
        self.said = said
        self.formatting = formatting
        self.notes = {
            (kind, note.get(f"{W}id"))
            for kind in ("footnote", "endnote")
            for note in word.parts.get(f"/word/{kind}s.xml", ())
        }

    def blocks(self, parent: Any, target: Any) -> None:
        """Append copies of the paragraphs and tables below `parent` to `target`, without the elements that wrap them."""
        for element in parent:
            if element.tag == f"{W}p":
                target.append(self.paragraph(element))
            elif element.tag == f"{W}tbl":
                target.append(self.table(element))
            elif isinstance(element.tag, str) and element.tag not in _SKIPPED:
                self.blocks(element, target)

    def table(self, table: Any) -> Any:
        """Copy a table with its grid."""
        copy = element_of("tbl")
        self.properties(table, copy, "tblPr", "tblGrid")
        for row in _through(table, f"{W}tr"):
            row_copy = element_of("tr", copy)
            self.properties(row, row_copy, "trPr")
            for cell in _through(row, f"{W}tc"):
                cell_copy = element_of("tc", row_copy)
                self.properties(cell, cell_copy, "tcPr")
                self.blocks(cell, cell_copy)
                if cell_copy[-1:] == [] or cell_copy[-1].tag != f"{W}p":
                    element_of("p", cell_copy)  # Word requires every cell to end with a paragraph
        return copy

    def paragraph(self, paragraph: Any) -> Any:
        """Copy a paragraph with its runs; text in links, insertions and text boxes moves into the paragraph itself."""
        copy = element_of("p")
        self.properties(paragraph, copy, "pPr")
        self._runs(paragraph, copy, _page_fields(paragraph))
        return copy

    def _runs(self, parent: Any, target: Any, fields: frozenset[Any]) -> None:
        for element in parent:
            if element.tag == f"{W}r":
                run = element_of("r", target)
                self.properties(element, run, "rPr")
                self._content(element, run, fields)
                if not [child for child in run if child.tag != f"{W}rPr"]:
                    target.remove(run)
            elif isinstance(element.tag, str) and element.tag not in _SKIPPED:
                self._runs(element, target, fields)

    def _content(self, run: Any, target: Any, fields: frozenset[Any]) -> None:
        for element in run:
            if element in fields:
                _copy_field(element, target)
            elif element.tag in _MARKS:
                target.append(self.formatting.copied(element))
            elif element.tag in _NOTE_REFERENCES:
                self._note_reference(element, target)
            elif isinstance(element.tag, str) and element.tag not in _SKIPPED:
                self._texts(element, target)

    def _texts(self, element: Any, target: Any) -> None:
        """Append the text of `element`, which is a text node or a container such as a text box."""
        for node, before in text_nodes(element):
            now = self.said.get(node, "")
            if node.tag != f"{W}t" and (now == before or node not in self.said):
                target.append(self.formatting.copied(node))  # a tab or a break
            elif now:
                text = element_of("t", target)
                text.text = now
                text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")

    def _note_reference(self, element: Any, target: Any) -> None:
        note = element.get(f"{W}id", "")
        kind = element.tag.removeprefix(W).removesuffix("Reference")
        if (kind, note) in self.notes and re.fullmatch(r"-?\d{1,9}", note):
            element_of(f"{kind}Reference", target).set(f"{W}id", note)

    def properties(self, source: Any, target: Any, *names: str) -> None:
        """Append copies of the children of `source` with these names to `target`."""
        for name in names:
            element = source.find(f"{W}{name}")
            if element is not None:
                target.append(self.formatting.copied(element))


def element_of(name: str, parent: Any = None) -> Any:
    """Create a WordprocessingML element, appended to `parent` if given."""
    from lxml import etree

    if parent is None:
        return etree.Element(f"{W}{name}", nsmap=NAMESPACES)
    return etree.SubElement(parent, f"{W}{name}")


def _through(parent: Any, tag: str) -> Iterator[Any]:
    """Yield the children with this tag, including those inside a wrapper such as a content control."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif isinstance(element.tag, str) and element.tag.removeprefix(W) not in ("p", "tbl", "tr", "tc"):
            yield from _through(element, tag)


def _page_fields(paragraph: Any) -> frozenset[Any]:
    """Return the elements of page-number fields that lie entirely in the paragraph.

    Of other fields, only the last result remains, as text.
    """
    kept: list[Any] = []
    open_field: list[Any] = []
    for element in paragraph.iter(f"{W}fldChar", f"{W}instrText"):
        kind = element.get(f"{W}fldCharType")
        open_field = [element] if kind == "begin" else [*open_field, element]
        if kind == "end":
            codes = [part.text or "" for part in open_field if part.tag == f"{W}instrText"]
            if len(codes) == 1 and _PAGE_FIELD.fullmatch(codes[0]) and open_field[0].get(f"{W}fldCharType") == "begin":
                kept += open_field
            open_field = []
    return frozenset(kept)


def _copy_field(element: Any, target: Any) -> None:
    if element.tag == f"{W}instrText":
        code = _PAGE_FIELD.fullmatch(element.text or "")
        element_of("instrText", target).text = f" {code[1]} " if code else ""
    else:
        element_of("fldChar", target).set(f"{W}fldCharType", element.get(f"{W}fldCharType", "end"))
