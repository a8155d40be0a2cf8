"""JSONL: a JSON object per line, with the keys `input` and `output`; also a JSON list of such objects."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from core.questions.exchange.export_rows import pair_row, write_lines
from core.questions.exchange.half_characters import shown
from core.questions.exchange.pair_format import PairFormat
from core.questions.exchange.rows import Problem, Row, Source
from core.questions.exchange.text_files import read_text
from core.records import QuestionPair


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    write_lines((pair_row(pair, with_source) for pair in pairs), file)


def _read(source: Source) -> Iterator[Row | Problem]:
    """Yield every row with its place in words ("line 7", "row 7")."""
    text = read_text(source)
    document = _whole(text)
    if isinstance(document, list):
        yield from (_row(f"row {number}", value) for number, value in enumerate(document, start=1))
        return
    if isinstance(document, dict) and len(text.strip().splitlines()) > 1:
        yield _row("row 1", document)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                value = _parsed(line)
            except (ValueError, RecursionError) as error:
                yield Problem(place=f"line {number}", fault="is not JSON", hint=_hint(error))
            else:
                yield _row(f"line {number}", value)


def _whole(text: str) -> Any:
    """Return the whole file as one JSON document; None if it is not one."""
    try:
        return _parsed(text)
    except (ValueError, RecursionError):
        return None


class _Ambiguous(dict[str, Any]):
    """An object that gives one of its names two values, of which a parser takes the last without a word."""

    name = ""


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object)


def _object(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(entries)
    if len(values) < len(entries):
        for name, value in entries:
            if value != values[name]:
                values = _Ambiguous(values)
                values.name = name
                break
    return values


def _ambiguous(value: Any) -> str | None:
    """Return a name in a row, or in what it holds, that has two values; None if none has."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, _Ambiguous):
            return each.name
        left += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return None


def _hint(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"Repair or delete the line: it breaks off at character {error.colno}."
    return "Repair or delete the line."


def _row(place: str, value: Any) -> Row | Problem:
    if not isinstance(value, dict):
        return Problem(
            place=place,
            fault="is not an object with a question and an answer",
            hint='Write it as {"input": "the question", "output": "the answer"}.',
        )
    name = _ambiguous(value)
    if name is not None:
        return Problem(place=place, fault=f"gives {shown(name)[:40]!r} two values", hint="Delete the one that is not meant.")
    return Row(place=place, values={shown(key): each for key, each in value.items()})


FORMAT = PairFormat(
    name="jsonl",
    words="JSONL",
    suffix=".jsonl",
    mime="application/jsonl",
    write=_write,
    read=_read,
    read_suffixes=(".jsonl", ".json"),
    begins_with=re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*[\[{"\]]|\{\s*["}])'),
    description="A pair a line, with the keys input and output. What other programs read most often.",
    place=1,
)
