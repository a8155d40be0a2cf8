"""How far each document is asked about: a cell for each passage in its order, darker the more facts are asked for."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.storage.pairs.pages import PassageCoverage

MOST_CELLS = 160  # of a document; where it has more passages, a cell stands for several
MOST_DOCUMENTS = 20
LEVELS = ((1, "1 fact", 25), (2, "2 or 3", 45), (4, "4 to 7", 68), (8, "8 or more", 92))  # least facts, words, % of ink
_CELL = "display:inline-block;width:0.7rem;height:0.7rem;border-radius:2px;box-sizing:border-box;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One passage or several that follow each other: from which pages, and the facts of the least asked one."""

    first_page: str
    last_page: str
    passages: int
    facts: int

    @property
    def words(self) -> str:
        """What the cell says, such as "page 3: 2 facts"."""
        pages = self.first_page if self.first_page == self.last_page else f"{self.first_page} to {self.last_page}"
        asked = f"{self.facts} {'fact' if self.facts == 1 else 'facts'}" if self.facts else "not asked about"
        least = f", the least asked of {self.passages} passages" if self.passages > 1 else ""
        return f"{pages or 'text'}: {asked}{least}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCoverage:
    """A document with its cells, and how many of its passages are asked about."""

    name: str
    covered: int
    passages: int
    cells: tuple[Cell, ...]


def by_document(rows: Iterable[PassageCoverage]) -> list[DocumentCoverage]:
    """Group passages, given in order, by document; the least covered documents come first."""
    found = []
    for _, group in groupby(rows, key=lambda row: row.document_id):
        passages = list(group)
        found.append(
            DocumentCoverage(
                name=passages[0].document_name,
                covered=sum(row.facts > 0 for row in passages),
                passages=len(passages),
                cells=tuple(_cells(passages)),
            )
        )
    return sorted(found, key=lambda each: each.covered / each.passages)


def _cells(passages: Sequence[PassageCoverage]) -> Iterable[Cell]:
    count = min(MOST_CELLS, len(passages))
    for number in range(count):
        part = passages[number * len(passages) // count : (number + 1) * len(passages) // count]
        yield Cell(
            first_page=part[0].page,
            last_page=part[-1].page,
            passages=len(part),
            facts=min(row.facts for row in part),
        )


def heat_map_html(documents: Sequence[DocumentCoverage]) -> str:
    """Draw the heat map as HTML; every character of a document is escaped."""
    shown = "".join(_document_html(each) for each in documents[:MOST_DOCUMENTS])
    more = len(documents) - MOST_DOCUMENTS
    rest = f'<div style="opacity:0.8">and {more:,} documents with more of it asked about</div>' if more > 0 else ""
    return f'<div style="font-size:0.85rem">{shown}{rest}</div>'


def legend_html() -> str:
    """Draw what the shades of the heat map mean."""
    parts = [f"{_cell_html(0, '')} not asked about", *(f"{_cell_html(least, '')} {words}" for least, words, _ in LEVELS)]
    return f'<div style="font-size:0.85rem;opacity:0.8">{" &nbsp; ".join(parts)}</div>'


def _document_html(document: DocumentCoverage) -> str:
    share = round(100 * document.covered / document.passages)
    told = f"{document.covered:,} of {document.passages:,} passages ({share} %)"
    cells = "".join(_cell_html(cell.facts, cell.words) for cell in document.cells)
    label = html.escape(f"{document.name}: {told} asked about", quote=True)
    return (
        f'<div style="margin-bottom:0.6rem"><div style="overflow-wrap:anywhere">{html.escape(document.name)} '
        f'<span style="opacity:0.8">· {told}</span></div>'
        f'<div role="img" aria-label="{label}" style="display:flex;flex-wrap:wrap;gap:2px">{cells}</div></div>'
    )


def _cell_html(facts: int, words: str) -> str:
    ink = next((share for least, _, share in reversed(LEVELS) if facts >= least), 0)
    look = f"background:color-mix(in srgb, currentColor {ink}%, transparent)" if ink else "border:1px dashed currentColor"
    return f'<span style="{_CELL}{look}" title="{html.escape(words, quote=True)}"></span>'
