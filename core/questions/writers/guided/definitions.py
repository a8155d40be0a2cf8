"""Definitions of a passage as facts: a term and what it means, found by patterns.

A parser takes a later verb for the main one in long definitions, so patterns find more of them (docs/decisions/questions.md).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.questions.answers import Answer, choose_answers
from core.questions.writers.guided.asking import lower_first, tidy
from core.records import Passage

LONGEST_TERM = 6  # words
_APART = re.compile(r"\b(?:that|which|who|whose|of|for|by|to|in|from|with|between|\w+ed|\w+ing)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A term, with its article if it has one, and its meaning: characters `start` to `end` of the passage's text."""

    passage: Passage
    start: int
    end: int
    term: str
    meaning: str
    verb: str  # "is", "are", "means" …

    @property
    def name(self) -> str:
        """Return the term without its article."""
        return re.sub(r"^(?:an?|the) ", "", self.term)


def definitions(passages: Sequence[Passage]) -> Iterator[Definition]:
    """Yield the definitions in passages, in the order of the text."""
    for passage in passages:
        chosen = [answer for answer in choose_answers(passage) if answer.kind == "definition"]
        for answer in sorted(chosen, key=lambda answer: answer.start):
            if _distinguishes(answer):
                yield _definition(answer)


def _distinguishes(answer: Answer) -> bool:
    """Return whether a meaning says what sets the term apart, rather than naming another thing ("the area plan")."""
    if re.match(
        r"the (?:\w+ )?(?:purpose|role|mission|goal|aim|task|objective|function|basis|intent|focus|key) ", f"{answer.term} "
    ):
        return False
    if len(answer.term.split()) > LONGEST_TERM:
        return False
    is_definite = answer.verb in ("is", "are") and re.match(r"(?:The|All|One|Any) ", answer.output) is not None
    return not is_definite or _APART.search(answer.output) is not None


def _definition(answer: Answer) -> Definition:
    start = answer.start - answer.passage.start
    end = answer.end - answer.passage.start
    return Definition(
        passage=answer.passage, start=start, end=end, term=answer.term, meaning=answer.output, verb=answer.verb
    )


def is_plain(definition: Definition) -> bool:
    """Return whether "What is X?" asks for it; a term that may be a verb, or is called so in the plural, must be quoted."""
    term, name = definition.term, definition.name
    be = "are" if definition.verb in ("are", "are defined as") else "is"
    is_word = term == name and (" " not in term or (be == "is" and bool(re.search(r"[^su]s$", term))))
    is_said = definition.verb in ("means", "refers to", "refer to", "denotes")
    return not is_word and not is_said and not definition.meaning.startswith(("That ", "To "))


def whole(definition: Definition) -> str:
    """Return the definition as a sentence with its term."""
    verb = definition.verb if is_plain(definition) else "means"
    if verb == "means" and definition.verb in ("is", "are"):
        verb = definition.verb
    return tidy(f"{definition.term} {verb} {lower_first(definition.meaning)}")
