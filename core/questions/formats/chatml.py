"""ChatML: a conversation a line, `messages` of `role` (system, user, assistant) and `content`.

An answer that is only read before others has the `weight` 0, as OpenAI describes it for fine-tuning:
https://platform.openai.com/docs/guides/supervised-fine-tuning
"""

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from core.questions.exchange.conversations import Message
from core.questions.exchange.export_rows import talks, write_lines
from core.questions.exchange.pair_format import PairFormat
from core.records import QuestionPair

_ROLE = {"system": "system", "question": "user", "answer": "assistant"}


def messages(talk: Iterable[Message]) -> list[dict[str, Any]]:
    """Return a conversation as `role` and `content`."""
    return [
        {"role": _ROLE[message.role], "content": message.text} | ({} if message.is_learned else {"weight": 0})
        for message in talk
    ]


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    write_lines(({"messages": messages(talk)} | source for talk, source in talks(pairs, with_source)), file)


FORMAT = PairFormat(
    name="chatml",
    words="ChatML (messages)",
    suffix=".messages.jsonl",
    mime="application/jsonl",
    write=_write,
    description="A conversation a line, spoken by system, user and assistant.",
    place=4,
)
