"""What a passage says where no part of it can be asked for, as facts: whole clauses, and members of long or nested lists.

They are asked with yes or no, and only where a passage has few other facts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import PRONOUNS
from core.language.grammar import parse
from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import MARKS, Clause, clauses, describes_subject, inside, stands_alone
from core.questions.writers.guided.listings import cleaned_item, is_long, is_nested, listings, with_item
from core.questions.writers.guided.meaning import NUMBER_WORD, spellings_of, stems
from core.questions.writers.guided.meaning import words as spoken
from core.questions.writers.guided.standing import definite, extent, has_denial, has_hanging_plural
from core.questions.writers.guided.telling import UNNAMED, is_occasion
from core.questions.writers.guided.topics import Topic
from core.questions.writers.guided.wording import WordedFact, Wording, in_topic, worded_facts
from core.questions.writers.writer import Excerpt
from core.records import Passage

# How many things there are, which only the text goes on to name.
_COUNTS = re.compile(
    rf"\b(?:\d+|{NUMBER_WORD}) (?:\w+ )?"
    r"(?:ways|steps|types|kinds|parts|categories|phases|functions|forms|tasks|levels|reasons)\.$"
)
# Of what "the" alone never says which one.
_ALWAYS_ONE_OF_MANY = frozenset("annex story paragraph meeting briefing document report order request".split())
LEAST, LEAST_WITH_PRONOUN = 4, 6  # meaningful words of a question
ENOUGH = 5  # meaningful words with which it needs no topic
LONGEST = 32  # words of a question


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An item of a long list with what leads in, as a clause; they stand from `start` to `end` of the passage's text."""

    passage: Passage
    start: int
    end: int
    clause: Clause


def members(passages: Sequence[Passage]) -> Iterator[Member]:
    """Yield the items of lists that are too long to be told in one answer, or hold lists of their own."""
    found = [
        (each, end, line)
        for passage in passages
        for each in listings(passage)
        if is_long(each) or is_nested(each)
        for text, _, end in each.items
        if (item := cleaned_item(text)) and item.split()[0] not in MARKS and (line := with_item(each.lead, item))
    ]
    spellings = spellings_of(tuple(passage.text for passage in passages))
    for (each, end, _), words in zip(found, parse(line for *_, line in found), strict=True):
        for clause in clauses(inside(words, spellings))[:1]:
            if stands_alone(words, 0, len(words)):
                yield Member(passage=each.passage, start=each.start, end=end, clause=clause)


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Return the members of long lists in excerpts, asked with yes or no."""
    found = members([excerpt.passage for excerpt in excerpts])
    return worded_facts(
        found, excerpts, "list", lambda member, topic: statement_wordings(member.clause, topic), is_spare=True
    )


def is_wish(clause: Clause) -> bool:
    """Return whether a clause says what may be, so that "May threats …?" would ask for leave."""
    return any(clause.words[at].text.lower() in ("may", "might", "could", "would") for at in clause.auxiliaries)


def begins_with_participle(clause: Clause) -> bool:
    """Return whether what describes the subject stands before it, where a question with a verb first has no place for it."""
    return any(describes_subject(clause, part) for part in clause.before)


def statement_wordings(clause: Clause, topic: Topic | None) -> Iterator[Wording]:
    """Yield how a whole clause is asked with yes or no, if it says enough and not too much; a short one with its topic."""
    if clause.subject is None or is_wish(clause) or has_denial(clause) or clause.words[clause.verb].lemma == "mean":
        return
    if any(clause.first_word(part) in ("like", "unlike") for part in clause.before) or begins_with_participle(clause):
        return
    if any(stems(clause.text(clause.subject)) <= stems(clause.text(part)) for part in clause.after):
        return  # "Gaming uses gaming technologies"
    if clause.words[clause.verb].tag == "VBN" and not (clause.before or clause.after):
        return  # "A detachment is assigned."
    question, statement = asking.yes_or_no(clause), asking.statement(clause)
    if UNNAMED.search(question) or _COUNTS.search(statement) or has_hanging_plural(clause) or _is_unnamed(clause, topic):
        return
    said = len(stems(question))
    least = LEAST_WITH_PRONOUN if PRONOUNS & set(spoken(question)) else LEAST
    if said < least or len(spoken(question)) > LONGEST:
        return
    told = asking.lower_first(statement.rstrip(".")) if clause.words[0].text[:1].islower() else statement.rstrip(".")
    for asked in (question, f"Is it true that {told}?"):
        wording = Wording(name="yes", question=asked, answer=f"Yes. {statement}")
        if topic and topic.is_heading and said < ENOUGH:
            yield from in_topic(topic, wording)
        else:
            yield wording


def _is_unnamed(clause: Clause, topic: Topic | None) -> bool:
    """Return whether a clause speaks of "the pump" or of "the annex", and no topic says of which."""
    noun = definite(clause)
    lemmas = (clause.words[at].lemma.lower() for at in range(*extent(clause)) if is_occasion(clause.words, at))
    named = [lemma for lemma in lemmas if lemma in _ALWAYS_ONE_OF_MANY] + ([noun] if noun else [])
    return topic is not None and not all(topic.speaks_of(each) for each in named)


def says_enough(wordings: Sequence[Wording]) -> bool:
    """Return whether a clause that is asked whole is understood without the text around it."""
    return len(stems(wordings[0].question)) >= ENOUGH
