"""Conversations as text: `<human>:` and `<bot>:` at the beginning of lines, in the key `text` of a JSON object per line.

So OpenChatKit and h2oGPT read them. An instruction stands before the first question. The text knows no answer that is only
read: `note` says where there is one.
"""

import re
from collections.abc import Sequence
from typing import BinaryIO

from core.questions.exchange.conversations import Message
from core.questions.exchange.export_rows import talks, write_lines
from core.questions.exchange.pair_format import PairFormat
from core.records import QuestionPair
from core.words import counted

_MARK = re.compile(r"^(?=<(?:human|bot)>:)", re.MULTILINE)
_BEGIN = {"system": "", "question": "<human>: ", "answer": "<bot>: "}


def _line(message: Message) -> str:
    """Return a message as its line; a mark that its text spells at the beginning of a line gets a blank before it."""
    return _BEGIN[message.role] + _MARK.sub(" ", message.text)


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    rows = ({"text": "\n".join(map(_line, talk))} | source for talk, source in talks(pairs, with_source))
    write_lines(rows, file)


def _note(pairs: Sequence[QuestionPair]) -> str:
    read = sum(not message.is_learned for talk, _ in talks(pairs, False) for message in talk)
    many = "answers that are only to be read before others are"
    return (
        f"{counted(read, 'answer that is only to be read before others is', many)} marked like every other." if read else ""
    )


FORMAT = PairFormat(
    name="human-bot",
    words="<human>: / <bot>: text",
    suffix=".text.jsonl",
    mime="application/jsonl",
    write=_write,
    note=_note,
    description="Each conversation as one text, for models without a chat template.",
    place=5,
)
