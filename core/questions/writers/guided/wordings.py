"""The wordings of one fact: an open question, a gap to fill, a request, yes or no, with its topic, and the other direction.

A fact is learned from several wordings, not from one repeated (Allen-Zhu and Li 2023, "Physics of language models" 3.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.questions.writers.guided import asking
from core.questions.writers.guided.definitions import Definition, is_plain, whole
from core.questions.writers.guided.facts import ClauseFact, content, open_question
from core.questions.writers.guided.lists import ListFact, items_text
from core.settings import AnswerStyle

_REQUESTS = ("Can you tell me {}?", "Do you know {}?", "Tell me {}.", "I would like to know {}. Can you help?", "State {}.")
_NUMBERS = {
    word: number for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question in one wording, and the answer to it."""

    name: str  # of `core.questions.kinds.WORDINGS`
    question: str
    answer: str


def clause_wordings(
    fact: ClauseFact, *, topic: str | None, twin: str | None, is_first: bool, style: AnswerStyle
) -> Iterator[Wording]:
    """Yield the wordings of a part of a clause, the plainest first.

    Args:
        fact: what is asked for.
        topic: heading or title to name first, if there is one.
        twin: another answer of the same kind that is wrong here, for a question to say no to.
        is_first: whether no other fact of the clause is worded; only one of them is asked with yes or no.
        style: how much of the sentence an answer repeats.
    """
    clause, gap = fact.clause, fact.gap
    answer = styled(fact, style)
    question = open_question(clause, gap)
    if fact.is_bare:
        yield from _with_topic(topic, question, answer)
        topic = None
    else:
        yield Wording(name="open", question=question, answer=answer)
    if not gap.asks_predicate:
        yield Wording(
            name="cloze", question=f"Complete the sentence: “{asking.cloze(clause, gap.part, gap.answer)}”", answer=answer
        )
    turned = _turned(fact)
    if turned and turned != question and not fact.is_bare:
        yield Wording(name="turned", question=turned, answer=answer)
    if not gap.asks_predicate:
        if twin or is_first:
            yield _yes_or_no(fact, twin)
    if not gap.asks_predicate and not fact.is_bare:
        request = asking.embedded(clause, gap.opening, gap=gap.part, end=gap.end)
        yield Wording(name="request", question=_request(request), answer=answer)
    yield from _with_topic(topic, question, answer)


def _with_topic(topic: str | None, question: str, answer: str) -> Iterator[Wording]:
    """Yield the question with its topic first, unless it names that anyway."""
    if topic and not set(content(topic)) - {"regarding", "according"} <= set(content(question)):
        yield Wording(name="context", question=f"{topic}: {asking.lower_first(question)}", answer=answer)


def styled(fact: ClauseFact, style: AnswerStyle) -> str:
    """Return the answer as the fact alone, as a short sentence, or as the whole sentence that it comes from."""
    if style == "full" or (style == "short" and fact.gap.asks_predicate):
        return fact.sentence.line
    return asking.statement(fact.clause) if style == "short" else asking.tidy(fact.gap.answer.rstrip(".")) + "."


def _turned(fact: ClauseFact) -> str | None:
    """Return the question with a condition or time first: "If the bell rings, what …?"."""
    clause, gap = fact.clause, fact.gap
    if gap.asks_predicate:
        return open_question(clause, gap, is_turned=True)
    movable = [
        part
        for part in (*clause.before, *clause.after)
        if part != gap.part and part.role in ("advcl", "prep", "npadvmod") and part.end - part.start >= 3
    ]
    fronted = [part for part in movable if part in clause.before or part.role == "advcl"]
    if gap.part == clause.subject:
        return None
    return asking.ask(clause, gap.opening, gap=gap.part, end=gap.end, lead=fronted[:1]) if fronted else None


def _yes_or_no(fact: ClauseFact, twin: str | None) -> Wording:
    statement = asking.statement(fact.clause)
    if twin is not None:
        question = asking.yes_or_no(fact.clause, instead=(fact.gap.part, twin))
        return Wording(name="no", question=question, answer=f"No. {statement}")
    return Wording(name="yes", question=asking.yes_or_no(fact.clause), answer=f"Yes. {statement}")


def _request(asked: str) -> str:
    """Return a request that ends in `asked`; which one depends on its letters, so that all are learned."""
    return _REQUESTS[sum(map(ord, asked)) % len(_REQUESTS)].format(asked)


def other_quantity(answer: str) -> str | None:
    """Return `answer` with another number in place of its first, as a wrong answer; None if it holds none."""
    if match := re.search(r"\b\d+\b", answer):
        number = int(match.group())
        other = number * 2 if number < 50 else number // 2
        return answer[: match.start()] + str(other or 3) + answer[match.end() :]
    for word, number in _NUMBERS.items():
        if number > 1 and (match := re.search(rf"\b{word}\b", answer, re.IGNORECASE)):
            other = next(name for name, value in _NUMBERS.items() if value == (number + 2 if number < 10 else number - 3))
            return answer[: match.start()] + other + answer[match.end() :]
    return None


def definition_wordings(definition: Definition, *, topic: str | None, twin: Definition | None) -> Iterator[Wording]:
    """Yield the wordings of a definition, in both directions; `twin` is a definition of another term."""
    term, name, meaning = definition.term, definition.name, definition.meaning
    be = "are" if definition.verb in ("are", "are defined as") else "is"
    quoted = f"What does the term “{name}” mean?"
    yield Wording(name="open", question=f"What {be} {term}?" if is_plain(definition) else quoted, answer=meaning)
    told = asking.lower_first(meaning.rstrip("."))
    yield Wording(name="reverse", question=f"Which term means “{told}”?", answer=asking.tidy(term) + ".")
    if is_plain(definition):
        yield Wording(name="turned", question=quoted, answer=meaning)
    else:
        yield Wording(name="turned", question=f"How is “{name}” defined?", answer=meaning)
    yield Wording(name="request", question=f"Define “{name}”.", answer=meaning)
    if twin is not None and twin.name.lower() != name.lower():
        other = asking.lower_first(twin.meaning.rstrip("."))
        question = f"Does “{name}” mean “{other}”?"
        yield Wording(name="no", question=question, answer=f"No. {whole(definition)}")
    yield from _with_topic(topic, f"What is the meaning of “{name}”?", meaning)


def list_wordings(fact: ListFact, *, topic: str | None) -> Iterator[Wording]:
    """Yield the wordings of a list."""
    answer = asking.tidy(items_text(fact.items)) + "."
    yield Wording(name="open", question=fact.question, answer=answer)
    yield Wording(name="request", question=f"Can you list {fact.request}?", answer=answer)
    missing = fact.items[len(fact.question) % len(fact.items)]
    others = items_text([item if item != missing else "_____" for item in fact.items])
    sentence = asking.tidy(f"{fact.lead} {others}")
    yield Wording(name="cloze", question=f"Complete the list: “{sentence}.”", answer=asking.tidy(missing) + ".")
    if fact.whole:
        yield Wording(name="yes", question=f"Is {missing} one of {fact.whole}?", answer=f"Yes. {sentence_of(fact)}")
        yield Wording(name="turned", question=f"Name {fact.whole}.", answer=answer)
    yield from _with_topic(topic, fact.question, answer)


def sentence_of(fact: ListFact) -> str:
    """Return a list as a sentence with what leads in."""
    return asking.tidy(f"{fact.lead} {items_text(fact.items)}") + "."
