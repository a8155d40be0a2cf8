"""Lists of messages as other programs write them (ShareGPT, ChatML and their like) → the messages of a conversation."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.questions.exchange.conversations import Message
from core.questions.exchange.half_characters import is_first_half

ASKING = {"human", "user", "prompter", "question", "input"}
ANSWERING = {"gpt", "assistant", "bot", "chatgpt", "model", "answer", "output", "ai"}
INSTRUCTING = {"system", "developer"}
OF_TOOLS = {"tool", "tool_calls", "function", "function_call", "function_response", "observation", "ipython"}
LEFT_OUT = {  # what of a conversation is left out, and the same in the plural
    "question without an answer": "questions without an answer",
    "answer without a question": "answers without a question",
    "message of a tool": "messages of tools",
    "empty message": "empty messages",
}
HINT = 'Each message needs who speaks ("role" or "from") and what is said ("content" or "value").'
_TURN = re.compile(r"^<(human|bot)>:[ \t]?", re.MULTILINE)
_NO_TEXT = {  # types of parts that messages may have, as others call them
    *("image", "image_url", "input_image", "audio", "audio_url", "input_audio", "video", "video_url", "file", "input_file"),
    *("tool_use", "tool_call", "tool_result", "document", "thinking", "refusal"),
}


class UnusableMessage(ValueError):
    """A message that cannot be used: its fault, as in `Problem`, and what to do."""

    def __init__(self, fault: str, hint: str = HINT) -> None:
        super().__init__(fault)
        self.fault, self.hint = fault, hint


@dataclass(frozen=True, slots=True)
class _Said:
    role: str
    text: str
    is_learned: bool


def read_messages(given: Any, left_out: Counter[str]) -> list[Message]:
    """Return a conversation's messages: each answer directly after its question, and instructions.

    `left_out` counts what does not fit in, by its name in words: a question without an answer and the like.

    Raises:
        UnusableMessage: a message is not one, or holds something else than text.
    """
    found: list[Message] = []
    question: str | None = None
    for said in _said(given):
        if not said.text.strip():
            left_out["empty message"] += 1
        elif said.role in INSTRUCTING:
            found.append(Message(role="system", text=said.text))
        elif said.role in ASKING:
            left_out["question without an answer"] += question is not None
            question = said.text
        elif said.role in OF_TOOLS:
            left_out["message of a tool"] += 1
        elif question is None:
            left_out["answer without a question"] += 1
        else:
            found += [
                Message(role="question", text=question),
                Message(role="answer", text=said.text, is_learned=said.is_learned),
            ]
            question = None
    left_out["question without an answer"] += question is not None
    return found


def _said(given: Any) -> Iterator[_Said]:
    if isinstance(given, str):
        text, given = given, _from_json(given)
        if given is None:
            yield from _marked(text)
            return
    if not isinstance(given, Sequence):
        raise UnusableMessage("holds no list of messages")
    for number, entry in enumerate(given, start=1):
        yield _message(entry, f"message {number}")


def _from_json(text: str) -> list[Any] | None:
    """Return the list in a cell of a table that holds one as JSON; None if it holds other text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableMessage("holds a list of messages that is not JSON", "Repair the list, or delete it.") from error
    return found if isinstance(found, list) else None


def _marked(text: str) -> Iterator[_Said]:
    """Yield the turns of a text with `<human>:` and `<bot>:` at the beginning of lines; what is before is an instruction."""
    marks = list(_TURN.finditer(text))
    if not marks:
        raise UnusableMessage(
            "holds text without <human>: and <bot>:", "Choose the column of the question, and that of the answer."
        )
    if before := text[: marks[0].start()].strip():
        yield _Said("system", before, True)
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=True):
        yield _Said(mark[1], text[mark.end() : end].removesuffix("\n"), True)


def _message(entry: Any, place: str) -> _Said:
    if not isinstance(entry, Mapping):
        raise UnusableMessage(f"has a {place} that is not one")
    role = next((entry[key] for key in ("role", "from", "speaker") if isinstance(entry.get(key), str)), None)
    content = next((entry[key] for key in ("content", "value", "text") if entry.get(key) is not None), None)
    if role is None:
        raise UnusableMessage(f"has a {place} that does not say who speaks")
    role = role.strip().lower()
    if role not in ASKING | ANSWERING | INSTRUCTING | OF_TOOLS:
        raise UnusableMessage(f"has a {place} by a role that is not known", "Roles are: system, user and assistant.")
    if content is None and not ({"content", "value", "text"} & entry.keys() or "tool_calls" in entry):
        raise UnusableMessage(f"has a {place} without its text")
    weight = entry.get("weight")
    return _Said(role, _text(content, place), not (isinstance(weight, int | float) and weight == 0))


def _text(content: Any, place: str) -> str:
    """Return the text of a message, which may be given in parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        text = ""
        for part in content:
            piece = _part(part, place)
            is_joined = not text or not piece or text[-1].isspace() or piece[0].isspace() or is_first_half(text[-1])
            text += piece if is_joined else f"\n{piece}"
        return text
    raise UnusableMessage(f"has a {place} whose text is not text")


def _part(part: Any, place: str) -> str:
    if isinstance(part, str):
        return part
    kind = (part.get("type") or "text") if isinstance(part, Mapping) else None
    if isinstance(part, Mapping) and kind in ("text", "input_text", "output_text") and isinstance(part.get("text"), str):
        return str(part["text"])
    named = f"of the type {kind}" if kind in _NO_TEXT else "of another type"
    raise UnusableMessage(
        f"has a {place} with a part {named}, which is no text", "Only text can be learned: delete the part, or the row."
    )
