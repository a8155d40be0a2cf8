"""CSV as Kiln imports it: `input`, `output` and `tags`, or `trace` and `tags` for a task with several turns.

Source: Kiln's `libs/core/kiln_ai/utils/dataset_import.py`. Kiln learns every answer of a trace, and takes no instruction in
it: that belongs to the task. `note` says what is lost. Cells that a spreadsheet would take for a formula stay as they are:
Kiln would learn the quotation mark before them.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from core.questions.exchange.export_rows import talks
from core.questions.exchange.pair_format import PairFormat
from core.questions.formats.chatml import messages
from core.records import QuestionPair
from core.words import counted

TAG = "garrison"


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerows(_rows(pairs, with_source))
    text.detach()


def _rows(pairs: Sequence[QuestionPair], with_source: bool) -> Iterator[list[str]]:
    source = ["document", "page", "quote"] if with_source else []
    if not any(pair.history for pair in pairs):
        yield ["input", "output", "tags", *source]
        yield from ([pair.input, pair.output, TAG, *(str(getattr(pair, _FIELD[key])) for key in source)] for pair in pairs)
        return
    yield ["trace", "tags", *source]
    for talk, place in talks(pairs, with_source):
        said = [{key: entry[key] for key in ("role", "content")} for entry in messages(talk) if entry["role"] != "system"]
        yield [json.dumps(said, ensure_ascii=False), TAG, *(str(place[key]) for key in source)]


_FIELD = {"document": "document_id", "page": "page", "quote": "quote"}


def _note(pairs: Sequence[QuestionPair]) -> str:
    instructed = sum(bool(pair.system) for pair in pairs)
    if not instructed:
        return ""
    left = counted(instructed, "instruction before a conversation", "instructions before conversations")
    return f"{left} left out: write the instruction into Kiln's task."


FORMAT = PairFormat(
    name="kiln",
    words="CSV for Kiln",
    suffix=".kiln.csv",
    mime="text/csv",
    write=_write,
    note=_note,
    description="Input and output, or whole conversations, as Kiln imports them.",
    place=9,
)
