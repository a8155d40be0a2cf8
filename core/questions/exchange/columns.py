"""Which column of a file holds what: guessed from the names, or chosen by a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The names of the columns (or keys) that hold a pair, or a whole conversation; None for what the file does not have."""

    question: str | None = None
    answer: str | None = None
    context: str | None = None  # follows the question, after a line break
    system: str | None = None
    history: str | None = None
    conversation: str | None = None

    @property
    def is_usable(self) -> bool:
        """Whether there is a question and an answer, or a conversation."""
        return self.conversation is not None or (self.question is not None and self.answer is not None)

    @property
    def used(self) -> dict[str, str]:
        """The columns that hold something, by what they hold."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {role: name for role, name in values.items() if name is not None}

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> "Columns":
        """Return a choice by a person: what a column holds, and its name.

        Raises:
            InputError: something is chosen that no column holds, or a question or an answer is missing.
        """
        known = [field.name for field in fields(cls)]
        for role in chosen:
            if role not in known:
                raise InputError(f"No column holds {role!r}.", f"Columns hold: {', '.join(known)}.")
        columns = cls(**chosen)
        if not columns.is_usable:
            raise InputError(
                "A column is missing: a question and an answer are needed, or a conversation.",
                "Choose the column of each.",
            )
        return columns


WORDS = {  # what a column may hold, as people read it
    "question": "Question",
    "answer": "Answer",
    "context": "Added to the question",
    "system": "Instruction before the conversation",
    "history": "Earlier turns",
    "conversation": "Whole conversation",
}
# Names that columns have in the files of others, the most telling first. Compared without case, blanks and underscores.
_CONVERSATION = ("messages", "conversations", "conversation", "dialogue", "dialog", "chat", "trace")
_ANSWER = ("output", "answer", "response", "completion", "reply", "assistant", "bot")
_QUESTION = ("instruction", "question", "prompt", "input", "query", "user", "human", "request")
_SYSTEM = ("system", "system prompt", "system message")
_HISTORY = ("history",)
_TEXT = ("text",)  # with <human>: and <bot>:


def guess(names: Iterable[str]) -> Columns | None:
    """Return which columns hold what, as far as their names tell; None if they do not tell enough."""
    by_plain = {_plain(name): name for name in reversed(list(names))}

    def first(known: Iterable[str]) -> str | None:
        return next((by_plain[_plain(name)] for name in known if _plain(name) in by_plain), None)

    system = first(_SYSTEM)
    if conversation := first(_CONVERSATION):
        return Columns(conversation=conversation, system=system)
    columns = Columns(question=first(_QUESTION), answer=first(_ANSWER), system=system, history=first(_HISTORY))
    if columns.is_usable:
        is_alpaca = columns.question is not None and _plain(columns.question) == "instruction"
        return replace(columns, context=by_plain.get("input")) if is_alpaca else columns
    text = first(_TEXT)
    return None if text is None else Columns(conversation=text, system=system)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace(" ", "").replace("-", "").strip("\ufeff")
