"""How far each document is asked about: a cell for each passage in its order, darker the more facts are asked for.

A cell is a button that opens its passage. Texts are set with `textContent` and properties alone, so that nothing in the name
of a document can become markup.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import streamlit as st

from core.storage.pairs.coverage import PassageCoverage

MOST_CELLS = 160  # of a document; where it has more passages, a cell stands for several
LEVELS = ((0, "not asked about"), (1, "1 fact"), (2, "2 or 3"), (4, "4 to 7"), (8, "8 or more"))  # least facts, words

_CSS = """
.garrison-map { font-size: 0.85rem; color: var(--st-text-color); }
.garrison-map .document { margin-bottom: 0.6rem; }
.garrison-map .name { overflow-wrap: anywhere; }
.garrison-map .pale { opacity: 0.8; }
.garrison-map .cells { display: flex; flex-wrap: wrap; gap: 2px; }
.garrison-map .legend { display: flex; flex-wrap: wrap; gap: 0.1rem 0.9rem; margin-bottom: 0.6rem; }
.garrison-map .legend span { display: inline-flex; align-items: center; gap: 0.35rem; }
.garrison-map .told { min-height: 1.4em; opacity: 0.8; }
.garrison-map .cell { display: inline-block; flex: none; width: 0.85rem; height: 0.85rem; padding: 0; margin: 0;
  border: 0; border-radius: 2px; box-sizing: border-box; color: inherit; background: transparent; }
.garrison-map button.cell { cursor: pointer; }
.garrison-map button.cell:hover { outline: 1px solid currentColor; outline-offset: 1px; }
.garrison-map button.cell[aria-current], .garrison-map button.cell:focus-visible {
  outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.garrison-map .level-0 { border: 1px dashed currentColor; }
.garrison-map .level-1 { background: color-mix(in srgb, currentColor 25%, transparent); }
.garrison-map .level-2 { background: color-mix(in srgb, currentColor 45%, transparent); }
.garrison-map .level-3 { background: color-mix(in srgb, currentColor 68%, transparent); }
.garrison-map .level-4 { background: color-mix(in srgb, currentColor 92%, transparent); }
@media (pointer: coarse) { .garrison-map button.cell { width: 1.5rem; height: 1.5rem; } }
"""

_JS = r"""
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const made = (tag, name, text, parent) => {
    const part = document.createElement(tag)
    part.className = name
    part.textContent = text
    parent.appendChild(part)
    return part
  }
  let map = parentElement.querySelector(".garrison-map")
  const tell = event => {
    if (event.target.matches("button.cell")) map.querySelector(".told").textContent = event.target.title
  }
  const pointed = event => {  // a square that only scrolled under a resting pointer says nothing
    const place = `${event.clientX} ${event.clientY}`
    if (map.dataset.pointed !== place) tell(event)
    map.dataset.pointed = place
  }
  if (!map) {
    map = made("div", "garrison-map", "", parentElement)
    map.addEventListener("focusin", tell)
    map.addEventListener("pointermove", pointed)
  }
  const drawn = JSON.stringify(data.documents)
  if (map.dataset.drawn !== drawn) {
    map.dataset.drawn = drawn
    map.replaceChildren()
    const legend = made("div", "legend pale", "", map)
    data.levels.forEach((words, level) => {
      const part = made("span", "", "", legend)
      made("span", `cell level-${level}`, "", part)
      part.append(words)
    })
    for (const each of data.documents) {
      const box = made("div", "document", "", map)
      const name = made("div", "name", `${each.name} `, box)
      made("span", "pale", `· ${each.told}`, name)
      const cells = made("div", "cells", "", box)
      cells.setAttribute("role", "group")
      cells.setAttribute("aria-label", `${each.name}: ${each.told} asked about. Arrow keys go from square to square.`)
      for (const [level, words, passage] of each.cells) {
        const cell = made("button", `cell level-${level}`, "", cells)
        cell.type = "button"
        cell.dataset.passage = passage
        cell.title = words
        cell.setAttribute("aria-label", words)
      }
    }
    made("div", "told", "", map).setAttribute("aria-hidden", "true")  // the label of each cell says it already
  }
  for (const cells of map.querySelectorAll(".cells")) {
    let reached = cells.querySelector(`[data-passage="${CSS.escape(data.shown)}"]`)
    for (const cell of cells.children) cell.toggleAttribute("aria-current", cell === reached)
    reached ??= cells.querySelector(":focus") ?? cells.firstElementChild
    for (const cell of cells.children) cell.tabIndex = cell === reached ? 0 : -1
  }
  const cellOf = event => event.target.closest("button.cell")
  map.onclick = event => { if (cellOf(event)) setTriggerValue("opened", cellOf(event).dataset.passage) }
  map.onkeydown = event => {
    const cell = cellOf(event)
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return
    const cells = [...cell.parentElement.children], at = cells.indexOf(cell)
    const perRow = cells.filter(each => each.offsetTop === cells[0].offsetTop).length
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - perRow, ArrowDown: at + perRow,
      Home: 0, End: cells.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    if (!cells[to]) return
    cell.tabIndex = -1
    cells[to].tabIndex = 0
    cells[to].focus()
  }
}
"""

_MOUNT = st.components.v2.component("garrison_heat_map", css=_CSS, js=_JS, isolate_styles=False)
_KEY = "heat-map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One passage or several that follow each other, numbered from 1, and the least asked one of them with its facts."""

    number: int  # of the first passage
    passages: int
    first_page: str
    last_page: str
    facts: int
    passage_id: str

    @property
    def words(self) -> str:
        """What the cell says, such as "passage 5 · page 3: 2 facts"."""
        pages = self.first_page if self.first_page == self.last_page else f"{self.first_page} to {self.last_page}"
        last = self.number + self.passages - 1
        place = f"passages {self.number:,} to {last:,}" if self.passages > 1 else f"passage {self.number:,}"
        asked = f"{self.facts} {'fact' if self.facts == 1 else 'facts'}" if self.facts else "not asked about"
        least = " (the least asked one)" if self.passages > 1 else ""
        return f"{' · '.join(filter(None, (place, pages)))}: {asked}{least}"

    @property
    def level(self) -> int:
        """The place of its shade in `LEVELS`."""
        return max(place for place, (least, _) in enumerate(LEVELS) if self.facts >= least)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCells:
    """A document with its cells, and how many of its passages are asked about."""

    name: str
    covered: int
    passages: int
    cells: tuple[Cell, ...]

    @property
    def told(self) -> str:
        """How many of its passages are asked about, such as "3 of 4 passages (75 %)"."""
        return f"{self.covered:,} of {self.passages:,} passages ({round(100 * self.covered / self.passages)} %)"


def by_document(rows: Iterable[PassageCoverage]) -> list[DocumentCells]:
    """Group passages, given in order, by document."""
    found = []
    for _, group in groupby(rows, key=lambda row: row.document_id):
        passages = list(group)
        found.append(
            DocumentCells(
                name=passages[0].document_name,
                covered=sum(row.facts > 0 for row in passages),
                passages=len(passages),
                cells=tuple(_cells(passages)),
            )
        )
    return found


def _cells(passages: Sequence[PassageCoverage]) -> Iterable[Cell]:
    count = min(MOST_CELLS, len(passages))
    for number in range(count):
        first = number * len(passages) // count
        part = passages[first : (number + 1) * len(passages) // count]
        least = min(part, key=lambda row: row.facts)
        yield Cell(
            number=first + 1,
            passages=len(part),
            first_page=part[0].page,
            last_page=part[-1].page,
            facts=least.facts,
            passage_id=least.passage_id,
        )


def show_heat_map(documents: Sequence[DocumentCells], *, shown: str, opened: Callable[[str], None]) -> None:
    """Show the map, with the cell of the passage `shown` marked.

    `opened` is called with the id of the passage of a cell that was clicked, before the page is drawn again.
    """
    data = {
        "documents": [
            {
                "name": each.name,
                "told": each.told,
                "cells": [[cell.level, cell.words, cell.passage_id] for cell in each.cells],
            }
            for each in documents
        ],
        "levels": [words for _, words in LEVELS],
        "shown": shown,
    }

    def on_opened() -> None:
        if passage_id := st.session_state[_KEY].get("opened"):
            opened(str(passage_id))

    _MOUNT(data=data, key=_KEY, on_opened_change=on_opened)
