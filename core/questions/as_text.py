"""An imported conversation as a passage of text, so that its personal data is found and reviewed, and back.

Words before each message say to people what it is. Where the messages lie is stored beside the text, as `Part`s: what a
message says is never taken for the beginning of another.
"""

from collections.abc import Iterable

from core.questions.exchange.conversations import Exchange, Message, exchanges
from core.records import Part, Passage

_WORDS = {"system": "Instruction: ", "question": "Question: ", "answer": "Answer: "}


def to_text(messages: Iterable[Message], *, start: int = 0) -> tuple[str, tuple[Part, ...]]:
    """Return the text that holds a conversation, and where its messages lie if the text begins at `start`."""
    text = ""
    parts = []
    for message in messages:
        text += ("\n" if text else "") + _WORDS[message.role]
        begin = start + len(text)
        text += message.text
        parts.append(Part(role=message.role, start=begin, end=start + len(text)))
    return text, tuple(parts)


def exchange_in(passage: Passage, number: int) -> tuple[Exchange, Part] | None:
    """Return a question of a passage, counted from 0, with its answer and what was said before, and where the answer lies.

    The passage may have been anonymized meanwhile. Return None if that left nothing of the question, of its answer or of a
    turn before it.
    """
    texts = [passage.text[part.start - passage.start : part.end - passage.start] for part in passage.parts]
    told = list(zip(passage.parts, texts, strict=True))
    messages = [Message(role=part.role, text=text) for part, text in told if part.role != "system" or text.strip()]
    answers = [part for part in passage.parts if part.role == "answer"]
    found = exchanges(messages)
    if number >= len(found):
        return None
    chosen = found[number]
    said = [chosen.input, chosen.output, *(text for turn in chosen.history for text in (turn.input, turn.output))]
    return (chosen, answers[number]) if all(text.strip() for text in said) else None
