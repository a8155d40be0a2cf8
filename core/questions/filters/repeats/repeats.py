"""Repeats: a question that was asked before in these or nearly these words, or an answer that was given too often.

Each fact is asked in several wordings on purpose. So between wordings of one fact only equal questions are repeats, and a
long answer is counted once for each fact.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from core.questions.filters.filter import Case, DropReason, Filter
from core.questions.filters.repeats.index import QuestionIndex
from core.questions.filters.words import normalized
from core.records import QuestionPair
from core.settings import FilterSettings

SHORT_ANSWER = 5  # words; a short answer such as "Every six months" may fit many questions


class Asked(NamedTuple):
    """What is to know of a kept pair when a like question comes: its fact and its wording."""

    fact: str | None
    wording: str | None


class _Repeats:
    """The pairs kept so far."""

    def __init__(self, settings: FilterSettings, _: Iterable[Case]) -> None:
        self._settings = settings
        self._index = QuestionIndex(settings.max_alike)
        self._kept: list[Asked] = []
        self._asked: set[tuple[str, ...]] = set()
        self._answered: defaultdict[str, list[str | None]] = defaultdict(list)  # answer to the facts it was given for

    def drops(self, case: Case) -> bool:
        """Return whether the question was asked before, or the answer given too often."""
        pair = case.pair
        return _conversation(pair) in self._asked or self._is_told(pair) or self._is_near(pair)

    def remember(self, case: Case) -> None:
        """Take note of a pair that is kept."""
        pair = case.pair
        self._asked.add(_conversation(pair))
        self._index.add(pair.input, len(self._kept))
        self._kept.append(Asked(pair.fact, pair.wording))
        answer = normalized(pair.output)
        if pair.fact is None or pair.fact not in self._answered[answer]:
            self._answered[answer].append(pair.fact)

    def _is_told(self, pair: QuestionPair) -> bool:
        answer = normalized(pair.output)
        if answer.count(" ") < SHORT_ANSWER:
            return False
        facts = self._answered[answer]
        return (pair.fact is None or pair.fact not in facts) and len(facts) >= self._settings.max_same_answers

    def _is_near(self, pair: QuestionPair) -> bool:
        return not pair.history and any(repeats_wording(pair, self._kept[number]) for number in self._index.near(pair.input))


def repeats_wording(pair: QuestionPair, other: "QuestionPair | Asked") -> bool:
    """Return whether one of two like questions is one too many: of one fact, each wording may be asked once."""
    return pair.fact is None or pair.fact != other.fact or pair.wording == other.wording


def _conversation(pair: QuestionPair) -> tuple[str, ...]:
    return (*(part for turn in pair.history for part in (turn.input, turn.output)), normalized(pair.input))


REPEATS = Filter(
    DropReason(
        "duplicate",
        "Another kept pair asks the same, or enough pairs have the same long answer. Wordings of one fact may be alike.",
        title="Asked already",
    ),
    _Repeats,
    thresholds=("max_alike", "max_same_answers"),
)
