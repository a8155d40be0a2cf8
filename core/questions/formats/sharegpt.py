"""ShareGPT: a conversation a line, `conversations` of `from` (system, human, gpt) and `value`.

An answer that is only read before others has the `weight` 0, as in OpenAI's and axolotl's files; programs that do not know
it learn that answer, too.
"""

from collections.abc import Sequence
from typing import Any, BinaryIO

from core.questions.exchange.conversations import Message
from core.questions.exchange.export_rows import talks, write_lines
from core.questions.exchange.pair_format import PairFormat
from core.records import QuestionPair

_FROM = {"system": "system", "question": "human", "answer": "gpt"}


def _entry(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {"from": _FROM[message.role], "value": message.text}
    return entry if message.is_learned else entry | {"weight": 0}


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    rows = ({"conversations": list(map(_entry, talk))} | source for talk, source in talks(pairs, with_source))
    write_lines(rows, file)


FORMAT = PairFormat(
    name="sharegpt",
    words="ShareGPT",
    suffix=".sharegpt.jsonl",
    mime="application/jsonl",
    write=_write,
    description="A conversation a line, spoken by human and gpt.",
    place=3,
)
