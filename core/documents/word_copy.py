"""Copy a Word document with replaced text: everything that was read stays in place, everything else is left out.

The copy is built from an allow list rather than by removing things: text that the reader showed, formatting, lists,
tables, notes, headers, footers, and page-number fields.
"""

import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.documents.copies import CopiedFile, changed_layout, check_same_text
from core.documents.office import check_parts
from core.documents.tables import placed_lines
from core.documents.text_map import Placed, Replacement, collapsed, in_raw, merged, replaced, slot_replacements
from core.documents.word import Block, W, WordFile, cell_text, open_word, paragraph_text, text_nodes
from core.documents.word_blocks import BlockCopy, element_of
from core.documents.word_package import Relation, package_strings, parsed, theme_fonts, write_package
from core.documents.word_parts import Formatting

_COUNTED = {
    "drawing": "picture", "pict": "picture", "object": "embedded object", "oMath": "formula", "del": "tracked change",
    "ins": "tracked change", "moveFrom": "tracked change", "moveTo": "tracked change",
}  # fmt: skip
_COMMENT = re.compile(rb"<w:comment[ >]")


def copy_docx(
    original: Path, text: str, edits: Sequence[Replacement], *, target: Path, tells: Callable[[str], bool]
) -> CopiedFile:
    """Copy the document in `original` to `target` with `edits` applied to its text.

    Args:
        original: the file as the user added it.
        text: the document's text, as the reader returned it.
        edits: replacements with offsets in `text`, sorted, without overlap.
        target: the file to write.
        tells: returns whether an attribute value, such as a font's name, contains masked text and must be left out.

    Raises:
        LayoutError: the file no longer gives `text`, or the copy, read back, does not give the intended text.
    """
    check_parts(original)
    word = open_word(original)
    traced, placed = _placed(word)
    check_same_text(traced, text)
    said = _said(word, slot_replacements(placed, edits), shown={place.slot for place in placed})
    write_package(target, _parts(word, said, tells))
    if _wordings(open_word(target)) != _expected(word, said):
        raise changed_layout()
    return CopiedFile(tuple(package_strings(target)), _left_out(word, original))


# --- positions of the text ----------------------------------------------------------------------------


def _placed(word: WordFile) -> tuple[str, list[Placed]]:
    """Return the document's text and each paragraph's position in it; the slots are the paragraphs' XML elements."""
    texts: list[str] = []
    placed: list[Placed] = []
    at = 0
    for block in word.blocks:
        size = at
        if block.paragraph is not None:
            shown = block.marker + paragraph_text(block.paragraph)
            placed.append(Placed(at + len(block.marker), at + len(shown), block.paragraph))
        else:
            shown, cells = _placed_rows(block, at)
            placed += cells
        texts.append(shown)
        at = size + len(shown) + 2
    return "\n\n".join(texts), placed


def _placed_rows(block: Block, at: int) -> tuple[str, list[Placed]]:
    lines: list[str] = []
    placed: list[Placed] = []
    for line in placed_lines([[cell_text(cell) for cell in row] for row in block.rows]):
        for piece, row, column in line:
            inner = at
            for paragraph in block.rows[row][column] if row >= 0 else ():
                if shown := paragraph_text(paragraph):
                    placed.append(Placed(inner, inner + len(shown), paragraph))
                    inner += len(shown) + 1
            at += len(piece)
        lines.append("".join(piece for piece, _, _ in line))
        at += 1
    return "\n".join(lines), placed


def _said(word: WordFile, parts: Mapping[Hashable, list[Replacement]], *, shown: set[Hashable]) -> dict[Any, str]:
    """Return the new text of each text node. A node may belong to several paragraphs: one in a text box belongs to two."""
    by_element: defaultdict[Any, list[Replacement]] = defaultdict(list)
    before: dict[Any, str] = {}
    both = [(paragraph, paragraph) for paragraph in shown] + list(word.repeats)
    for paragraph, first in both:
        nodes = list(text_nodes(paragraph))
        before |= dict(nodes)
        _, places = collapsed("".join(text for _, text in nodes))
        for part in in_raw(places, parts.get(first, ())):
            at = 0
            rest = part.text
            for node, text in nodes:
                start, end = max(part.start - at, 0), min(part.end - at, len(text))
                if start < end:
                    by_element[node].append(Replacement(start, end, rest))
                    rest = ""
                at += len(text)
    return {node: replaced(text, merged(by_element[node])) if node in by_element else text for node, text in before.items()}


# --- building the file --------------------------------------------------------------------------------


def _parts(word: WordFile, said: Mapping[Any, str], tells: Callable[[str], bool]) -> tuple[Relation, ...]:
    """Build the parts of the copy: each one's relation to the document, its name and its XML."""
    related = {rel_id: rel for rel_id, rel in word.document.part.rels.items() if not rel.is_external}
    beside = {rel_id: str(rel.target_part.partname) for rel_id, rel in related.items()}
    kept = {rel_id: f"rId{number}" for number, rel_id in enumerate(beside, start=1) if beside[rel_id] in word.parts}
    named = {rel.reltype.rsplit("/", 1)[1]: rel.target_part.blob for rel in related.values()}
    styles, numbering = parsed(named.get("styles")), parsed(named.get("numbering"))
    formatting = Formatting(styles, kept, tells, fonts=theme_fonts(parsed(named.get("theme"))))
    copy = BlockCopy(word, said, formatting)
    body = element_of("body", document := element_of("document"))
    copy.blocks(word.document.element.body, body)
    copy.properties(word.document.element.body, body, "sectPr")
    parts = [Relation("", "document", "/word/document.xml", document)]
    for kind, root in (("styles", styles), ("numbering", numbering)):
        if root is not None:
            parts.append(Relation(f"rId{len(beside) + len(parts)}", kind, f"/word/{kind}.xml", formatting.copied(root)))
    for rel_id, name in beside.items():
        if rel_id in kept:
            kind = re.sub(r"\d|/word/|\.xml", "", name)
            parts.append(Relation(kept[rel_id], kind, name, _beside(copy, word.parts[name])))
    return tuple(parts)


def _beside(copy: BlockCopy, root: Any) -> Any:
    """Copy a header, a footer, or all footnotes or endnotes."""
    made = element_of(root.tag.removeprefix(W))
    notes = [child for child in root if child.tag in (f"{W}footnote", f"{W}endnote")]
    for note in notes:
        inner = copy.formatting.copied(note)
        inner[:] = []
        copy.blocks(note, inner)
        made.append(inner)
    if not notes:
        copy.blocks(root, made)
        if not len(made):
            element_of("p", made)
    return made


# --- checking the written file ------------------------------------------------------------------------


def _outermost(word: WordFile) -> Iterator[Any]:
    """Yield the paragraphs that were read, except those in text boxes, whose text the surrounding paragraph includes."""
    paragraphs = [block.paragraph for block in word.blocks if block.paragraph is not None]
    paragraphs += [paragraph for block in word.blocks for row in block.rows for cell in row for paragraph in cell]
    for paragraph in [*paragraphs, *(repeat for repeat, _ in word.repeats)]:
        if next(paragraph.iterancestors(f"{W}p"), None) is None:
            yield paragraph


def _wordings(word: WordFile) -> Counter[str]:
    return Counter(filter(None, map(paragraph_text, _outermost(word))))


def _expected(word: WordFile, said: Mapping[Any, str]) -> Counter[str]:
    shown = ("".join(said.get(node, "") for node, _ in text_nodes(paragraph)) for paragraph in _outermost(word))
    return Counter(filter(None, (collapsed(text)[0] for text in shown)))


def _left_out(word: WordFile, original: Path) -> dict[str, int]:
    """Count the elements missing from the copy by kind, such as "picture" or "comment"."""
    counts: Counter[str] = Counter()
    for root in (word.document.element, *word.parts.values()):
        for element in root.iter():
            kind = _COUNTED.get(element.tag.rsplit("}", 1)[-1]) if isinstance(element.tag, str) else None
            if kind and not _is_counted_elsewhere(element):
                counts[kind] += 1
    with zipfile.ZipFile(original) as archive:
        for name in archive.namelist():
            if name.startswith("word/comments") and name.endswith(".xml"):
                counts["comment"] += len(_COMMENT.findall(archive.read(name)))
    return {kind: number for kind, number in sorted(counts.items()) if number}


def _is_counted_elsewhere(element: Any) -> bool:
    """Return whether this is a text box, whose text is kept, or part of a drawing's fallback copy."""
    is_text_box = next(element.iter(f"{W}txbxContent"), None) is not None
    return is_text_box or any(above.tag.endswith("}Fallback") for above in element.iterancestors())
