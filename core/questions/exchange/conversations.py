"""Conversations: what a row of a file holds, the question pairs in it, and pairs joined to conversations again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.records import PartRole, QuestionPair, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was said: an instruction before the conversation, a question or an answer."""

    role: PartRole
    text: str
    is_learned: bool = True  # for answers: whether a model is to learn it, or only reads it before others


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Messages of one row. Each answer follows its question directly; instructions may stand before any question."""

    place: str  # of its row, in words
    messages: tuple[Message, ...]

    @property
    def learned(self) -> list["Exchange"]:
        """The questions whose answers are to be learned."""
        return [exchange for exchange in exchanges(self.messages) if exchange.is_learned]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and its answer, with what was said before."""

    input: str
    output: str
    system: str = ""
    history: tuple[Turn, ...] = ()
    is_learned: bool = True

    @property
    def row(self) -> dict[str, Any]:
        """The same as a row of a dataset: with `system` and `history` only if there are any."""
        return training_row(self)


def training_row(pair: "Exchange | QuestionPair") -> dict[str, Any]:
    """Return a pair as a row of a dataset: with `system` and `history` only if there are any."""
    row: dict[str, Any] = {"input": pair.input, "output": pair.output}
    if pair.system:
        row["system"] = pair.system
    if pair.history:
        row["history"] = [{"input": turn.input, "output": turn.output} for turn in pair.history]
    return row


def exchanges(messages: Iterable[Message]) -> list[Exchange]:
    """Return each question of a conversation with its answer, and the instructions and turns before it."""
    system: list[str] = []
    history: list[Turn] = []
    question = ""
    found = []
    for message in messages:
        if message.role == "system":
            system.append(message.text)
        elif message.role == "question":
            question = message.text
        else:
            found.append(
                Exchange(
                    input=question,
                    output=message.text,
                    system="\n\n".join(system),
                    history=tuple(history),
                    is_learned=message.is_learned,
                )
            )
            history.append(Turn(input=question, output=message.text))
    return found


def conversations_of(pairs: Sequence[QuestionPair]) -> list[list[Message]]:
    """Join pairs that continue each other, so that each answer is learned once, in the order of their first pairs.

    A turn that a pair only refers to, because its own pair was dropped, is there to be read and not to be learned.
    """
    found: list[list[Message]] = []
    last: dict[tuple[str, tuple[Turn, ...]], list[Message]] = {}
    continued = {(pair.system, pair.history) for pair in pairs if pair.history}
    for pair in pairs:
        talk = last.pop((pair.system, pair.history), None) if pair.history else None
        if talk is None:
            talk = opening(pair)
            found.append(talk)
        talk += (Message(role="question", text=pair.input), Message(role="answer", text=pair.output))
        spoken = (pair.system, (*pair.history, Turn(input=pair.input, output=pair.output))) if continued else None
        if spoken is not None and spoken in continued:
            last[spoken] = talk
    return found


def opening(pair: QuestionPair) -> list[Message]:
    """Return what was said before a pair's question."""
    said = [Message(role="system", text=pair.system)] if pair.system else []
    for turn in pair.history:
        said += [Message(role="question", text=turn.input), Message(role="answer", text=turn.output, is_learned=False)]
    return said


def has_conversations(pairs: Sequence[QuestionPair]) -> bool:
    """Return whether any of the pairs has an instruction or earlier turns."""
    return any(pair.system or pair.history for pair in pairs)
