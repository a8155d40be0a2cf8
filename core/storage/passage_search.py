"""Passages found by the words of a question: BM25 over an index that lives in memory as long as it is needed."""

import re
import sqlite3
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from core.records import Passage

_WORD = re.compile(r"\w+")
HEADING_WEIGHT, TEXT_WEIGHT = 1.0, 1.0  # a word counts the same in the headings above a passage and in the passage


class PassageSearch:
    """Finds the passage that fits a question best. Use it as a context manager.

    The ranking is BM25 of SQLite's FTS5 (https://sqlite.org/fts5.html#the_bm25_function, k1 = 1.2, b = 0.75), over words
    without endings (the "porter" tokenizer) and without accents. A passage need not hold all words of the question.
    """

    def __init__(self, passages: Iterable[Passage]) -> None:
        """Index the passages; each is held once, in memory."""
        self._passages: dict[int, Passage] = dict(enumerate(passages))
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            "create virtual table words using fts5 (heading, text, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        self._db.executemany(
            "insert into words (rowid, heading, text) values (?, ?, ?)",
            ((number, passage.heading, passage.text) for number, passage in self._passages.items()),
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Drop the index."""
        self._db.close()

    def best(self, question: str) -> Passage | None:
        """Return the passage that fits best, the first of equals; None if no passage holds a word of the question."""
        words = dict.fromkeys(_WORD.findall(question.lower()))
        if not words:
            return None
        row = self._db.execute(
            "select rowid from words where words match ? order by bm25(words, ?, ?), rowid limit 1",
            [" OR ".join(f'"{word}"' for word in words), HEADING_WEIGHT, TEXT_WEIGHT],
        ).fetchone()
        return None if row is None else self._passages[row[0]]
