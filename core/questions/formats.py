"""Write question pairs in a format of `PAIR_FORMATS`; read JSONL with `input` and `output`, Alpaca, ShareGPT and ChatML.

A new format to write is a function and a record here: the command, the Questions page, file names and mime types follow.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import InputError
from core.files import file_atomic
from core.records import QuestionPair

HINT = 'Each row needs "input" and "output", or "instruction" and "output", or "messages", or "conversations".'
HALF = re.compile("[\ud800-\udfff]")  # lone surrogates: JSON can express them, but no text file can store them
ASKING = {"human", "user", "prompter"}
ANSWERING = {"gpt", "assistant", "bot", "chatgpt", "model"}


@dataclass(frozen=True, slots=True)
class PairFormat:
    """A format that question pairs are exported in.

    `write(pairs, file, with_source)` writes them to the open file; with their source, each with where it comes from.
    """

    name: str  # on the command line
    words: str  # on the page, as in "Download as JSONL"
    suffix: str
    mime: str
    write: Callable[[Sequence[QuestionPair], BinaryIO, bool], None]


def _write_jsonl(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    """Write one JSON object per line with the keys `input` and `output`.

    `with_source` adds `document`, `page`, `passage`, `quote`, `start` and `end` (offsets in the anonymized text).
    """
    for pair in pairs:
        file.write((json.dumps(_row(pair, with_source), ensure_ascii=False) + "\n").encode())


def _row(pair: QuestionPair, with_source: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"input": pair.input, "output": pair.output}
    if with_source:
        passage = "" if pair.passage_id is None else pair.passage_id
        row |= {"document": pair.document_id, "page": pair.page, "passage": passage}
        row |= {"quote": pair.quote, "start": pair.quote_start, "end": pair.quote_end}
    return row


PAIR_FORMATS = {"jsonl": PairFormat("jsonl", "JSONL", ".jsonl", "application/jsonl", _write_jsonl)}


def pair_format(name: str) -> PairFormat:
    """Return the format called `name`.

    Raises:
        InputError: there is none.
    """
    if name not in PAIR_FORMATS:
        raise InputError(f"There is no format {name!r}.", f"Formats are: {', '.join(PAIR_FORMATS)}.")
    return PAIR_FORMATS[name]


def write_pairs(pairs: Sequence[QuestionPair], path: Path, *, format: str = "jsonl", with_source: bool = False) -> None:
    """Write pairs in one of `PAIR_FORMATS`; the file appears whole or not at all.

    Raises:
        InputError: there is no such format.
        SetupError: the file cannot be written.
    """
    chosen = pair_format(format)
    with file_atomic(path) as file:
        chosen.write(pairs, file, with_source)


def read_pairs(path: Path, *, name: str = "") -> list[tuple[str, str]]:
    """Return the pairs of a JSON or JSONL file as (input, output), in file order.

    A conversation gives one pair for each question directly followed by its answer; earlier turns and system messages
    are ignored. Errors call the file by `name`, if it is stored under another one than people know it by.

    Raises:
        InputError: the file cannot be read, holds no pairs, or has a broken row; the message names its line or row.
    """
    pairs, name = [], name or path.name
    for place, row in _rows(path, name):
        read = _pairs(row, place)
        if any(not question.strip() or not answer.strip() for question, answer in read):
            raise InputError(f"{name}: {place} has an empty question or answer.", HINT)
        if any(HALF.search(text) for texts in read for text in texts):
            raise InputError(f"{name}: {place} holds half a character.", "Write the line again, or delete it.")
        pairs += read
    if not pairs:
        raise InputError(f"{name} holds no question pairs.", HINT)
    return pairs


def _rows(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every row with its place in words ("line 7", "row 7")."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text.", "Save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}).", "Check the path.") from error
    try:  # first try the whole file as one JSON document
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, list):
        yield from ((f"row {number}", row) for number, row in enumerate(document, start=1))
        return
    if isinstance(document, dict) and len(text.strip().splitlines()) > 1:
        yield "row 1", document
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{name}: line {number} is not JSON.", "Repair or delete the line.") from error


def _pairs(row: Any, place: str) -> list[tuple[str, str]]:
    if not isinstance(row, dict):
        raise InputError(f"{place.capitalize()} is not an object with a question and an answer.", HINT)
    if isinstance(talk := row.get("messages", row.get("conversations")), list):
        return _from_talk(talk, place)
    question, answer = row.get("input"), row.get("output", row.get("response"))
    if isinstance(instruction := row.get("instruction"), str):  # Alpaca: `input` is context for the instruction, often ""
        question = f"{instruction}\n{question}" if isinstance(question, str) and question.strip() else instruction
    if not isinstance(question, str) or not isinstance(answer, str):
        raise InputError(f"{place.capitalize()} has no question or no answer in text.", HINT)
    return [(question, answer)]


def _from_talk(talk: Sequence[Any], place: str) -> list[tuple[str, str]]:
    turns = [_turn(entry, place) for entry in talk]
    said = [(role, content) for role, content in turns if role in ASKING | ANSWERING]
    pairs = [
        (question, answer)
        for (asking, question), (answering, answer) in zip(said, said[1:], strict=False)
        if asking in ASKING and answering in ANSWERING
    ]
    if not pairs:
        raise InputError(f"{place.capitalize()} is a conversation without a question and its answer.", HINT)
    return pairs


def _turn(entry: Any, place: str) -> tuple[str, str]:
    if isinstance(entry, Mapping):
        role, content = entry.get("role", entry.get("from")), entry.get("content", entry.get("value"))
        if isinstance(role, str) and isinstance(content, str):
            return role.lower(), content
    raise InputError(f"{place.capitalize()} has a message without its role or content.", HINT)
