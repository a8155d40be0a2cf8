"""The wordings of what a clause tells: an open question, a gap to fill, a request, yes or no, with its topic.

A fact is learned from several wordings, not from one repeated (Allen-Zhu and Li 2023, "Physics of language models" 3.1).
"""

import re
from collections.abc import Iterator, Sequence

from core.language.english.function_words import QUESTION_WORDS
from core.language.english.numbers import UP_TO_NINETEEN
from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import Clause, Part
from core.questions.writers.guided.facts import ClauseFact, clause_facts, read_sentences, telling_clauses
from core.questions.writers.guided.meaning import content
from core.questions.writers.guided.open_questions import open_question, stays_first
from core.questions.writers.guided.statements import (
    begins_with_participle,
    is_wish,
    says_enough,
    statement_wordings,
)
from core.questions.writers.guided.telling import POSSESSIVES, is_anybody
from core.questions.writers.guided.topics import Topic, Topics
from core.questions.writers.guided.wording import WordedFact, Wording, in_topic, request, with_topic
from core.questions.writers.writer import Excerpt
from core.settings import AnswerStyle

_NUMBER = re.compile(rf"(?<![–-])\b(?:\d+(?![.,:–-]\d)|{'|'.join(UP_TO_NINETEEN)})\b", re.IGNORECASE)


# Words that a part moved to the front of a question may begin with.
_FRONTING = frozenset("if when whenever before after during in at on to until unless within under for".split())


LEAST_AROUND_GAP = 4  # meaningful words


def clause_wordings(fact: ClauseFact, *, topic: Topic | None, is_first: bool, style: AnswerStyle) -> Iterator[Wording]:
    """Yield the wordings of a part of a clause, the plainest first.

    Args:
        fact: what is asked for.
        topic: heading or title to name first, if there is one.
        is_first: whether no other fact of the clause is worded; only one of them is asked with yes or no.
        style: how much of the sentence an answer repeats.
    """
    is_open = fact.gap.kind == "fact" and topic is not None  # other questions say more by their question word
    unsure = fact.occasion or (fact.definite if is_open else None)
    if unsure and not (topic and topic.is_heading and topic.speaks_of(unsure)):
        return  # which meeting "the meeting" is, only a heading says
    is_heading = topic is not None and topic.is_heading
    if topic and (fact.occasion or fact.definite or (is_heading and (fact.is_bare or fact.is_thin))):
        for wording in _plain_wordings(fact, is_first=is_first, style=style):
            yield from in_topic(topic, wording)
    elif not fact.is_bare:
        yield from _plain_wordings(fact, is_first=is_first, style=style)
        yield from with_topic(topic, open_question(fact.clause, fact.gap), styled(fact, style))


def _plain_wordings(fact: ClauseFact, *, is_first: bool, style: AnswerStyle) -> Iterator[Wording]:
    answer, question = styled(fact, style), open_question(fact.clause, fact.gap)
    yield Wording(name="open", question=question, answer=answer)
    yield from _gap_to_fill(fact, answer)
    turned = _turned(fact)
    if turned and turned != question:
        yield Wording(name="turned", question=turned, answer=answer)
    if fact.gap.asks_predicate:
        return
    twin = other_quantity(fact.gap.answer) if fact.gap.kind in ("number", "time") else None
    if (twin or is_first) and not is_wish(fact.clause) and not begins_with_participle(fact.clause):
        yield _yes_or_no(fact, twin)
    asks_what_means = fact.gap.part == fact.clause.subject and fact.clause.words[fact.clause.verb].lemma == "mean"
    if asks_what_means or _is_bound(fact):
        return  # "Tell me what means …"
    if fact.gap.opening.split()[0].lower() in QUESTION_WORDS | {"who", "which"}:
        asked = asking.embedded(fact.clause, fact.gap.opening, gap=fact.gap.part, end=fact.gap.end)
        yield Wording(name="request", question=request(asked), answer=answer)


def _is_bound(fact: ClauseFact) -> bool:
    """Return whether a part must stay before the subject, where "Tell me what …" has no place for it."""
    return any(stays_first(fact.clause, part) for part in fact.clause.before if part != fact.gap.part)


def _gap_to_fill(fact: ClauseFact, answer: str) -> Iterator[Wording]:
    """Yield the sentence with a gap, if the words around it tell what belongs there."""
    is_subject = fact.gap.part == fact.clause.subject
    if fact.gap.asks_predicate or (is_subject and is_anybody(fact.gap.answer)):
        return
    sentence = asking.cloze(fact.clause, fact.gap.part, fact.gap.answer)
    least = LEAST_AROUND_GAP + is_subject
    if len(set(content(sentence))) >= least:
        yield Wording(name="cloze", question=f"Complete the sentence: “{sentence}”", answer=answer)


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
    fronted = [part for part in movable if _may_be_first(clause, part)]
    if gap.part == clause.subject:
        return None
    return asking.ask(clause, gap.opening, gap=gap.part, end=gap.end, lead=fronted[:1]) if fronted else None


def _may_be_first(clause: Clause, part: Part) -> bool:
    """Return whether a question may begin with a part: a condition or time that names what it speaks of."""
    is_fronting = clause.first_word(part) in _FRONTING
    names = not any(clause.words[at].text.lower() in POSSESSIVES for at in range(part.start, part.end))
    return is_fronting and names and (part in clause.before or part.role == "advcl")


def _yes_or_no(fact: ClauseFact, twin: str | None) -> Wording:
    statement = asking.statement(fact.clause)
    if twin is not None:
        question = asking.yes_or_no(fact.clause, instead=(fact.gap.part, twin))
        return Wording(name="no", question=question, answer=f"No. {statement}")
    return Wording(name="yes", question=asking.yes_or_no(fact.clause), answer=f"Yes. {statement}")


def other_quantity(answer: str) -> str | None:
    """Return `answer` with another number in place of its first, as a wrong answer; None if it holds none."""
    match = _NUMBER.search(answer)
    if match is None:
        return None
    told = match.group().lower()
    number = int(told) if told.isdigit() else UP_TO_NINETEEN.index(told) + 1
    if number < 2:
        return None
    other = number + 2 if number < 10 else number * 2
    is_spelled = not told.isdigit() and other <= len(UP_TO_NINETEEN)
    return answer[: match.start()] + (UP_TO_NINETEEN[other - 1] if is_spelled else str(other)) + answer[match.end() :]


def worded(excerpts: Sequence[Excerpt], style: AnswerStyle) -> Iterator[WordedFact]:
    """Yield what the sentences of excerpts tell, in several wordings."""
    topics = Topics(excerpts)
    for sentence in read_sentences([excerpt.passage for excerpt in excerpts]):
        topic, clause = topics.at(sentence.passage, sentence.start), None
        for fact in clause_facts(sentence):
            wordings = clause_wordings(fact, topic=topic, is_first=fact.clause is not clause, style=style)
            worded_fact = WordedFact(
                passage_id=sentence.passage.id,
                kind=fact.gap.kind,
                start=sentence.start,
                end=sentence.end,
                wordings=tuple(wordings),
                is_bare=fact.is_bare or fact.is_thin,
            )
            if worded_fact.wordings:
                clause = fact.clause
                yield worded_fact
        for each in telling_clauses(sentence) if clause is None else ():
            if spare := tuple(statement_wordings(each, topic)):
                yield WordedFact(
                    passage_id=sentence.passage.id,
                    kind="fact",
                    start=sentence.start,
                    end=sentence.end,
                    wordings=spare,
                    is_spare=True,
                    is_bare=not says_enough(spare),
                )
