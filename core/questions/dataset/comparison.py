"""Question pairs compared with each other once, for the split that keeps like ones together and for the leak it leaves."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from core.questions.dataset.alike import Likeness, Report, Texts
from core.records import PairOrigin, QuestionPair

SHORT_ANSWER = 5  # words; "Every 90 days" or "Two technicians" answers many questions and tells nothing about another


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a split and a card need to know of a pair, without its texts; `anchor` is what its chance is drawn from."""

    document_id: str
    passage_id: str | None
    anchor: str
    fact: str | None
    kind: str | None
    wording: str | None
    origin: PairOrigin
    has_quote: bool
    is_by_people: bool  # decided on, edited or added


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Pairs by their position, and what their questions, their telling answers and their other answers have in common."""

    members: list[Member]
    questions: Likeness
    answers: Likeness
    short_answers: Likeness  # those that tell nothing about another question; without the answers "not told"


class Comparing:
    """Takes pairs one by one, so that never all of them are held with their texts."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._questions, self._answers, self._short_answers = Texts(), Texts(), Texts()

    def add(self, pair: QuestionPair) -> None:
        """Add the next pair."""
        position = len(self._members)
        self._members.append(_member(pair))
        self._questions.add(pair.input, position)
        if tells(pair):
            self._answers.add(pair.output, position)
        elif pair.kind != "unanswerable":
            self._short_answers.add(pair.output, position)

    def compare(self, report: Report | None = None) -> Comparison:
        """Compare all pairs that were added; `report` is called with the number of texts compared and of all."""
        found: list[Likeness] = []
        texts = (self._questions, self._answers, self._short_answers)
        total = sum(map(len, texts))
        for number, each in enumerate(texts):
            before = sum(map(len, texts[:number]))
            found.append(each.compare(partial(_report, report, before, total) if report else None))
        questions, answers, short_answers = found
        return Comparison(members=self._members, questions=questions, answers=answers, short_answers=short_answers)


def comparison_of(pairs: Iterable[QuestionPair]) -> Comparison:
    """Compare these pairs with each other."""
    comparing = Comparing()
    for pair in pairs:
        comparing.add(pair)
    return comparing.compare()


def tells(pair: QuestionPair) -> bool:
    """Return whether a pair's answer by itself tells what its question asks: it is long and says more than "not told"."""
    return pair.kind != "unanswerable" and len(pair.output.split()) > SHORT_ANSWER


def _report(report: Report, before: int, total: int, done: int, _of: int) -> None:
    report(before + done, total)


def _member(pair: QuestionPair) -> Member:
    return Member(
        document_id=sys.intern(pair.document_id),
        passage_id=_held_once(pair.passage_id),
        anchor=sys.intern(pair.passage_id or pair.input),
        fact=_held_once(pair.fact),
        kind=_held_once(pair.kind),
        wording=_held_once(pair.wording),
        origin=pair.origin,
        has_quote=bool(pair.quote),
        is_by_people=pair.decided is not None or pair.changed_by is not None or pair.origin in ("written", "feedback"),
    )


def _held_once(name: str | None) -> str | None:
    return None if name is None else sys.intern(name)
