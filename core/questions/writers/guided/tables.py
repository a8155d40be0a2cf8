"""Rows of a table as facts: "Item: Pump; Price: 12.5" says what the price of the pump is."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.questions.writers.guided.asking import lower_first
from core.questions.writers.guided.topics import Topic
from core.questions.writers.guided.wording import WordedFact, Wording, request, with_topic, worded_facts
from core.questions.writers.writer import Excerpt
from core.records import Passage

_CELL = re.compile(r"^(?P<title>[A-Za-z][A-Za-z /().%°&-]{0,49}): (?P<value>\S.*)$")
_NAMING = re.compile(r"(?i)\b(?:name|item|part|term|article|product|device|equipment|task|test)\b")  # titles that name a row
MOST_WORDS = 12  # of a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFact:
    """A cell of a row: what column `title` says of the row's first cell, `key`. Characters `start` to `end` are the row."""

    passage: Passage
    start: int
    end: int
    row: str
    key_title: str
    key: str
    title: str
    value: str
    is_only: bool  # no other row has this value, so that it can be asked whose it is


def table_facts(passages: Sequence[Passage]) -> Iterator[TableFact]:
    """Yield the cells of tables that have column titles and at least two rows in the passage."""
    for passage in passages:
        rows = [(line, cells) for line in re.finditer(r"[^\n]+", passage.text) if (cells := _cells(line.group()))]
        titles = Counter(tuple(title for title, _ in cells) for _, cells in rows)
        values = Counter((title, value.lower()) for _, cells in rows for title, value in cells)
        for line, cells in rows:
            if titles[tuple(title for title, _ in cells)] >= 2:
                yield from _of_row(passage, line, cells, values)


def _of_row(
    passage: Passage, line: re.Match[str], cells: Sequence[tuple[str, str]], values: Counter[tuple[str, str]]
) -> Iterator[TableFact]:
    key_title, key = next((cell for cell in cells if _NAMING.search(cell[0])), cells[0])
    if values[key_title, key.lower()] > 1:
        return  # it names several rows
    for title, value in (cell for cell in cells if cell != (key_title, key)):
        yield TableFact(
            passage=passage,
            start=line.start(),
            end=line.end(),
            row=line.group().strip(),
            key_title=key_title,
            key=key,
            title=title,
            value=value,
            is_only=values[title, value.lower()] == 1,
        )


def _cells(line: str) -> list[tuple[str, str]]:
    """Return title and value of each cell of a row, or nothing if a line is no row of a table with titles."""
    matches = [_CELL.match(piece.strip()) for piece in line.strip().split("; ")]
    cells = [(match["title"].strip(), match["value"].strip(" .")) for match in matches if match]
    is_row = len(cells) == len(matches) >= 2 and all(len(value.split()) <= MOST_WORDS and value for _, value in cells)
    return cells if is_row else []


def table_wordings(fact: TableFact, topic: Topic | None) -> Iterator[Wording]:
    """Yield the wordings of a cell."""
    title, answer = lower_first(fact.title), f"{fact.value}."
    yield Wording(name="open", question=f"What is the {title} for “{fact.key}”?", answer=answer)
    row = fact.row.replace(f"{fact.title}: {fact.value}", f"{fact.title}: _____")
    yield Wording(name="cloze", question=f"Complete the row of the table: “{row}”", answer=answer)
    yield Wording(name="request", question=request(f"what the {title} for “{fact.key}” is"), answer=answer)
    if fact.is_only:
        question = f"Which {lower_first(fact.key_title)} has the {title} {fact.value}?"
        yield Wording(name="reverse", question=question, answer=f"{fact.key}.")
    yield from with_topic(topic, f"What is the {title} for “{fact.key}”?", answer)
    yield Wording(name="yes", question=f"Is {fact.value} the {title} for “{fact.key}”?", answer=f"Yes. {fact.row}.")


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Return the rows of tables of excerpts in several wordings."""
    return worded_facts(table_facts([excerpt.passage for excerpt in excerpts]), excerpts, "table", table_wordings)
