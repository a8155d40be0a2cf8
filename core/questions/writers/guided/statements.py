"""What a passage says where no part of it can be asked for, as facts: whole clauses, and members of lists too long to tell.

They are asked with yes or no, and only where a passage has no other facts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import PRONOUNS
from core.language.grammar import parse
from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import Clause, clauses, inside, stands_alone
from core.questions.writers.guided.listings import cleaned_item, is_long, listings
from core.questions.writers.guided.meaning import content
from core.questions.writers.guided.meaning import words as spoken
from core.questions.writers.guided.wording import WordedFact, Wording, worded_facts
from core.questions.writers.writer import Excerpt
from core.records import Passage

LEAST, LEAST_WITH_PRONOUN = 4, 6  # meaningful words of a question
LONGEST = 32  # words of a question


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An item of a long list with what leads in, as a clause; they stand from `start` to `end` of the passage's text."""

    passage: Passage
    start: int
    end: int
    clause: Clause


def members(passages: Sequence[Passage]) -> Iterator[Member]:
    """Yield the items of lists that are too long to be told in one answer."""
    found = [
        (each, end, f"{each.lead} {item}.")
        for passage in passages
        for each in listings(passage)
        if is_long(each)
        for text, _, end in each.items
        if (item := cleaned_item(text))
    ]
    for (each, end, _), words in zip(found, parse(line for *_, line in found), strict=True):
        for clause in clauses(inside(words, each.passage.text))[:1]:
            if stands_alone(words, 0, len(words)):
                yield Member(passage=each.passage, start=each.start, end=end, clause=clause)


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Return the members of long lists in excerpts, asked with yes or no."""
    found = members([excerpt.passage for excerpt in excerpts])
    return worded_facts(found, excerpts, "list", lambda member, _: statement_wordings(member.clause), is_spare=True)


def is_wish(clause: Clause) -> bool:
    """Return whether a clause says what may be, so that "May threats …?" would ask for leave."""
    return any(clause.words[at].text.lower() in ("may", "might", "could", "would", "will") for at in clause.auxiliaries)


def statement_wordings(clause: Clause) -> Iterator[Wording]:
    """Yield how a whole clause is asked with yes or no, if it says enough and not too much."""
    if clause.subject is None or is_wish(clause):
        return
    question, statement = asking.yes_or_no(clause), asking.statement(clause)
    least = LEAST_WITH_PRONOUN if PRONOUNS & set(spoken(question)) else LEAST
    if len(set(content(question))) >= least and len(spoken(question)) <= LONGEST:
        yield Wording(name="yes", question=question, answer=f"Yes. {statement}")
        told = asking.lower_first(statement.rstrip(".")) if clause.words[0].text[:1].islower() else statement.rstrip(".")
        yield Wording(name="yes", question=f"Is it true that {told}?", answer=f"Yes. {statement}")
