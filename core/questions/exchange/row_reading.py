"""A row of a file → the conversation in it, or what is wrong with it."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.questions.exchange.columns import Columns
from core.questions.exchange.conversations import Conversation, Message
from core.questions.exchange.half_characters import half_place, joined_halves
from core.questions.exchange.messages import UnusableMessage, read_messages
from core.questions.exchange.rows import Problem, Row
from core.records import PartRole

_NAMED = {"question": "question", "answer": "answer", "system": "instruction"}
MOST_TURNS = 300
TURNS = "earlier turn"  # how turns of a column `history` are counted: each is read before an answer, and not learned


def read_row(row: Row, columns: Columns, left_out: Counter[str]) -> Conversation | Problem:
    """Return the conversation that `columns` of a row hold, or why there is none.

    `left_out` counts what of a row is not used, by its name in words.
    """
    counted: Counter[str] = Counter()
    try:
        if columns.conversation is not None:
            messages = _system(row, columns) + _talk(row, columns.conversation, counted)
        elif isinstance(asked := _value(row, columns.question), list) and isinstance(
            told := _value(row, columns.answer), list
        ):
            messages = _system(row, columns) + _learned(
                [*asked, *told], counted
            )  # both given as messages, as in TRL's files
        else:
            messages = _pair(row, columns, counted)
        messages = [_whole(message) for message in messages]
    except UnusableMessage as error:
        return Problem(place=row.place, fault=error.fault, hint=error.hint)
    left_out.update(+counted)
    return Conversation(place=row.place, messages=tuple(messages))


def _talk(row: Row, column: str, left_out: Counter[str]) -> list[Message]:
    given = row.values.get(column)
    if given is None or given == "":
        raise UnusableMessage(f"has no conversation{_where(row, column)}", "Fill it in, or delete the row.")
    return _learned(given, left_out)


def _learned(given: Any, left_out: Counter[str]) -> list[Message]:
    messages = read_messages(given, left_out)
    if not any(message.role == "answer" and message.is_learned for message in messages):
        raise UnusableMessage("is a conversation without a question and its answer", "Delete it, or add what is missing.")
    if len(messages) > 2 * MOST_TURNS:  # each turn is stored with all that were before it
        raise UnusableMessage(f"is a conversation of more than {MOST_TURNS} turns", "Cut it into several.")
    return messages


def _pair(row: Row, columns: Columns, left_out: Counter[str]) -> list[Message]:
    question, answer = _text(row, columns.question, "question"), _text(row, columns.answer, "answer")
    context = _value(row, columns.context)
    if isinstance(context, str) and context.strip():
        question = f"{question}\n{context}"
    return [
        *_system(row, columns),
        *_history(row, columns, left_out),
        Message(role="question", text=question),
        Message(role="answer", text=answer),
    ]


def _text(row: Row, column: str | None, role: PartRole) -> str:
    value = _value(row, column)
    if isinstance(value, str) and value.strip():
        return value
    where = _where(row, column)
    if value is None or value == "" or isinstance(value, str):
        raise UnusableMessage(f"has an empty {_NAMED[role]}{where}", "Fill it in, or delete the row.")
    raise UnusableMessage(f"has no question or no answer in text{where}", "Write it as text.")


def _value(row: Row, column: str | None) -> Any:
    return None if column is None else row.values.get(column)


def _where(row: Row, column: str | None) -> str:
    return "" if column is None or row.place_of(column) == row.place else f" in {row.place_of(column)}"


def _system(row: Row, columns: Columns) -> list[Message]:
    value = _value(row, columns.system)
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    if not isinstance(value, str):
        raise UnusableMessage("has an instruction that is not text", "Write it as text.")
    return [Message(role="system", text=value)]


def _history(row: Row, columns: Columns, left_out: Counter[str]) -> list[Message]:
    """Return the earlier turns of a row, `[["question", "answer"], …]` or with keys; other rows teach their answers."""
    given = _value(row, columns.history)
    if isinstance(given, str):
        given = _json(given)
    if not given:
        return []
    if not isinstance(given, Sequence):
        raise UnusableMessage("has earlier turns that are no list", 'Write them as [["question", "answer"]].')
    if len(given) > MOST_TURNS:
        raise UnusableMessage(f"has more than {MOST_TURNS} earlier turns", "Leave out the first of them.")
    messages: list[Message] = []
    for number, turn in enumerate(given, start=1):
        question, answer = _turn(turn, number)
        messages += [Message(role="question", text=question), Message(role="answer", text=answer, is_learned=False)]
    left_out[TURNS] += len(given)
    return messages


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise UnusableMessage("has earlier turns that are not JSON", 'Write them as [["question", "answer"]].') from error


def _turn(turn: Any, number: int) -> tuple[str, str]:
    if isinstance(turn, dict):
        turn = (turn.get("input"), turn.get("output"))
    if isinstance(turn, Sequence) and not isinstance(turn, str) and len(turn) == 2:
        question, answer = turn
        if isinstance(question, str) and isinstance(answer, str) and question.strip() and answer.strip():
            return question, answer
    raise UnusableMessage(
        f"has an earlier turn ({number}) without its question or answer", 'Write turns as ["question", "answer"].'
    )


def _whole(message: Message) -> Message:
    """Return a message whose characters are whole.

    Raises:
        UnusableMessage: half of a character stands alone; nobody knows the other half.
    """
    text = joined_halves(message.text)
    if (at := half_place(text)) is not None:
        named = _NAMED[message.role]
        raise UnusableMessage(
            f"holds half a character (\\u{ord(text[at - 1]):04x}), at position {at} of the {named}",
            "A program cut an emoji or a rare letter in two there. Delete the half, or write the character again.",
        )
    return Message(role=message.role, text=text, is_learned=message.is_learned)
