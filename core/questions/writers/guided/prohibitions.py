"""What must not be done, as facts: "Do not open the valve while the pump is running."."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.grammar import parse
from core.questions.passage_sentences import passage_sentences
from core.questions.writers.guided.asking import tidy
from core.questions.writers.guided.clause import Clause, Part, clauses, stands_alone
from core.questions.writers.guided.telling import is_occasion
from core.questions.writers.guided.topics import Topic
from core.questions.writers.guided.wording import WordedFact, Wording, in_topic, request, with_topic, worded_facts
from core.questions.writers.writer import Excerpt
from core.records import Passage

_FORBIDDEN = re.compile(r"^(?:Do not|Never|Don['’]t) (?P<act>[a-z][^;:—]{8,200})[.!]$")
_UNDER = frozenset("while when if before after during until unless without near inside in on with at".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prohibition:
    """An act that is forbidden, under a condition if there is one. Characters `start` to `end` of the passage's text."""

    passage: Passage
    start: int
    end: int
    line: str
    act: str  # "open the valve"
    condition: str | None  # "while the pump is running"
    occasion: str | None  # "meeting" of "the meeting", which only a heading can name


def prohibitions(passages: Sequence[Passage]) -> Iterator[Prohibition]:
    """Yield what the sentences of passages forbid."""
    found = []
    for passage in passages:
        for start, end in passage_sentences(passage.text):
            line = re.sub(r"\s+", " ", passage.text[start:end])
            if match := _FORBIDDEN.match(line):
                found.append((passage, start, end, line, match["act"]))
    for (passage, start, end, line, act), words in zip(found, parse(f"You must {f[4]}." for f in found), strict=True):
        condition = next((text for clause in clauses(words) if (text := _condition(clause))), None)
        occasion = next((word.lemma.lower() for at, word in enumerate(words) if is_occasion(words, at)), None)
        if stands_alone(words, 2, len(words)):
            bare = act.removesuffix(f" {condition}") if condition else act
            yield Prohibition(
                passage=passage, start=start, end=end, line=line, act=bare, condition=condition, occasion=occasion
            )


def _condition(clause: Clause) -> str | None:
    last: Part | None = clause.after[-1] if len(clause.after) > 1 else None
    is_condition = last is not None and clause.first_word(last) in _UNDER
    return clause.text(last) if last is not None and is_condition else None


def prohibition_wordings(fact: Prohibition, topic: Topic | None) -> Iterator[Wording]:
    """Yield the wordings of what is forbidden, with its topic if only that says during which meeting, or the like."""
    if fact.occasion is None:
        yield from _plain_wordings(fact, topic)
    elif topic and topic.is_heading and topic.speaks_of(fact.occasion):
        for wording in _plain_wordings(fact, None):
            yield from in_topic(topic, wording)


def _plain_wordings(fact: Prohibition, topic: Topic | None) -> Iterator[Wording]:
    whole = f"{fact.act} {fact.condition}" if fact.condition else fact.act
    if fact.condition:
        answer = f"{tidy(fact.act)}."
        yield Wording(name="open", question=f"What must you never do {fact.condition}?", answer=answer)
        yield Wording(name="turned", question=f"{tidy(fact.condition)}, what must never be done?", answer=answer)
        yield Wording(name="request", question=request(f"what nobody may do {fact.condition}"), answer=answer)
        yield from with_topic(topic, f"What must you never do {fact.condition}?", answer)
    yield Wording(name="no", question=f"May you {whole}?", answer=f"No. {fact.line}")
    yield Wording(name="yes", question=f"Is it forbidden to {whole}?", answer=f"Yes. {fact.line}")


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Return the prohibitions of excerpts in several wordings."""
    found = prohibitions([excerpt.passage for excerpt in excerpts])
    return worded_facts(found, excerpts, "condition", prohibition_wordings)
