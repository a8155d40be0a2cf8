"""What of the held-out questions a training would see: the leak between the sides of a split, which should be nothing."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from core.questions.dataset.alike import Likeness
from core.questions.dataset.comparison import Comparison, Member, comparison_of
from core.records import QuestionPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """How many held-out pairs have something in common with a pair that is trained on.

    `questions` and `answers` count nearly the same words; `answers` only those of more than `SHORT_ANSWER` words that tell
    something. `facts` and `passages` count the same one. `short_answers` count the other answers with nearly the same words:
    they answer another question, so they are no leak.
    """

    questions: int
    answers: int
    facts: int
    passages: int
    short_answers: int = 0

    @property
    def is_none(self) -> bool:
        """Whether nothing leaks."""
        return not (self.questions or self.answers or self.facts or self.passages)


def leak_of(compared: Comparison, heldout: Set[int]) -> Leak:
    """Measure the leak of a split, pair by pair and apart from how it was made; `heldout` are the positions held out."""
    return Leak(
        questions=_alike(compared.questions, heldout),
        answers=_alike(compared.answers, heldout),
        short_answers=_alike(compared.short_answers, heldout),
        facts=_same(compared.members, heldout, lambda member: member.fact),
        passages=_same(compared.members, heldout, lambda member: member.passage_id),
    )


def leak_between(train: Sequence[QuestionPair], heldout: Sequence[QuestionPair]) -> Leak:
    """Measure the leak between pairs that are trained on and pairs that are held out."""
    return leak_of(comparison_of([*train, *heldout]), frozenset(range(len(train), len(train) + len(heldout))))


def _same(members: Sequence[Member], heldout: Set[int], key: Callable[[Member], str | None]) -> int:
    trained = {key(member) for position, member in enumerate(members) if position not in heldout} - {None}
    return sum(key(members[position]) in trained for position in heldout)


def _alike(likeness: Likeness, heldout: Set[int]) -> int:
    placed = list(zip(likeness.positions, likeness.numbers, strict=True))
    trained = {number for position, number in placed if position not in heldout}
    links = likeness.links
    seen = trained | {one for one, other in links if other in trained} | {other for one, other in links if one in trained}
    return sum(number in seen for position, number in placed if position in heldout)
