"""Question pairs as rows and messages to write, with where they come from if asked for."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from core.questions.exchange.conversations import Message, conversations_of, opening, training_row
from core.records import QuestionPair

Row = dict[str, Any]


def pair_row(pair: QuestionPair, with_source: bool) -> Row:
    """Return a pair as `input` and `output`, with `system` and `history` if it has them.

    `with_source` adds `document`, `page`, `passage`, `quote`, `start` and `end` (offsets in the anonymized text).
    """
    return training_row(pair) | (source_row(pair) if with_source else {})


def source_row(pair: QuestionPair) -> Row:
    """Return where a pair comes from."""
    passage = "" if pair.passage_id is None else pair.passage_id
    place = {"document": pair.document_id, "page": pair.page, "passage": passage}
    return place | {"quote": pair.quote, "start": pair.quote_start, "end": pair.quote_end}


def even_rows(pairs: Iterable[QuestionPair], with_source: bool) -> Iterator[Row]:
    """Yield rows that all have the same keys, as tables need: `system` and `history` in all or in none."""
    pairs = list(pairs)
    empty: Row = {}
    if any(pair.system for pair in pairs):
        empty["system"] = ""
    if any(pair.history for pair in pairs):
        empty["history"] = []
    for pair in pairs:
        row = pair_row(pair, with_source)
        yield {key: row[key] for key in ("input", "output")} | empty | row


def talks(pairs: Sequence[QuestionPair], with_source: bool) -> Iterator[tuple[list[Message], Row]]:
    """Yield conversations with their source, which is empty unless asked for: then each pair is one of its own."""
    if not with_source:
        yield from ((talk, {}) for talk in conversations_of(pairs))
        return
    for pair in pairs:
        own = [Message(role="question", text=pair.input), Message(role="answer", text=pair.output)]
        yield [*opening(pair), *own], source_row(pair)


def write_lines(rows: Iterable[Row], file: BinaryIO) -> None:
    """Write a JSON object per line."""
    for row in rows:
        file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
