"""Split question pairs into those trained on and those held out for evaluation.

Pairs with the same content must end up on the same side, or the evaluation would measure memorized wording. So pairs are
kept together if they ask for one fact, come from one passage (or from one document), or have nearly the same question or
nearly the same long answer. A fact that is held out is never trained on.

Split by wording, all facts are trained on, and of some of them one wording is held out: by these, an evaluation tells
whether what was taught is known in other words, and nothing about what was not taught.
"""

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from core.errors import InputError
from core.questions.dataset.alike import Likeness
from core.questions.dataset.comparison import Comparison, Member, comparison_of
from core.records import QuestionPair, SplitBy
from core.settings import DatasetSettings

SMALLEST = 10  # minimum number of pairs for holding any out
ENOUGH_DOCUMENTS = 10  # from which whole documents are held out: fewer would hold out much more or less than was asked for
Group = list[int]  # positions of pairs that stay together
Tie = tuple[int, int]  # positions of two of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Positions of the pairs that are held out, all others being trained on, and what is held out of them whole."""

    by: SplitBy
    heldout: Set[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Pairs to train on and pairs held out, both in the given order, and what is held out of them whole."""

    by: SplitBy
    train: list[QuestionPair]
    heldout: list[QuestionPair]


def sides_of(compared: Comparison, settings: DatasetSettings) -> Sides:
    """Split pairs as the settings say; "auto" holds out whole documents if there are enough of them.

    Raises:
        InputError: the held-out share is out of range.
    """
    share, seed, members = settings.heldout_share, settings.seed, compared.members

    def split(by: SplitBy) -> Sides:
        return Sides(by=by, heldout=_heldout(compared, heldout_share=share, seed=seed, by=by))

    if settings.split != "auto":
        return split(settings.split)
    if len({member.document_id for member in members}) >= ENOUGH_DOCUMENTS:
        whole = split("document")
        if 2 * len(whole.heldout) >= share * len(members):  # else most documents hang together or are too large
            return whole
    return split("passage")


def split_dataset(pairs: Sequence[QuestionPair], settings: DatasetSettings) -> Split:
    """Split pairs that are all held already, as `sides_of` does.

    Raises:
        InputError: the held-out share is out of range.
    """
    sides = sides_of(comparison_of(pairs), settings)
    train, heldout = _divided(pairs, sides.heldout)
    return Split(by=sides.by, train=train, heldout=heldout)


def split_pairs(
    pairs: Sequence[QuestionPair], *, heldout_share: float = 0.15, seed: int, by: SplitBy = "passage"
) -> tuple[list[QuestionPair], list[QuestionPair]]:
    """Split pairs into train and held-out, both in the given order; the same seed and pairs give the same split.

    Most of what is held out stays so when pairs are added or removed. If there are questions that the text does not answer
    in two groups or more, both sides get some.

    Args:
        pairs: the pairs of a dataset version.
        heldout_share: share of the pairs to hold out, from 0 to below 1. With 10 pairs or more and a share above 0, at
            least one pair is held out and one trained on, unless all pairs belong together.
        seed: the seed of the random choice.
        by: what is held out whole.

    Raises:
        InputError: `heldout_share` is out of range.
    """
    return _divided(pairs, _heldout(comparison_of(pairs), heldout_share=heldout_share, seed=seed, by=by))


def _divided(pairs: Sequence[QuestionPair], heldout: Set[int]) -> tuple[list[QuestionPair], list[QuestionPair]]:
    train = [pair for position, pair in enumerate(pairs) if position not in heldout]
    return train, [pair for position, pair in enumerate(pairs) if position in heldout]


def _heldout(compared: Comparison, *, heldout_share: float, seed: int, by: SplitBy) -> Set[int]:
    if not 0 <= heldout_share < 1:
        raise InputError(f"The held-out share {heldout_share} is out of range.", "Give a share from 0 to below 1.")
    count = len(compared.members)
    wanted = round(heldout_share * count)
    if heldout_share > 0 and count >= SMALLEST:
        wanted = max(wanted, 1)
    elif count < SMALLEST:
        wanted = 0
    groups = _one_wording_each(compared.members, seed) if by == "wording" else _groups(compared, by)
    return _chosen(_ordered(compared.members, groups, seed=seed, by=by), wanted)


def _one_wording_each(members: Sequence[Member], seed: int) -> list[Group]:
    """Return one wording, drawn by chance, of each fact that has several, and half of the unanswerable questions.

    Such questions without a fact are meant; the other half teaches to say that the documents do not tell.
    """
    of_facts: defaultdict[tuple[str, str], Group] = defaultdict(list)
    alone: list[Group] = []
    for position, member in enumerate(members):
        if member.fact:
            of_facts[member.document_id, member.fact].append(position)
        elif member.kind == "unanswerable":
            alone.append([position])
    several = [(fact, positions) for fact, positions in of_facts.items() if len(positions) > 1]
    drawn = [[positions[int(_drawn(f"{seed}:{fact}"), 16) % len(positions)]] for (_, fact), positions in several]
    return drawn + alone[1::2]


def _drawn(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _ordered(members: Sequence[Member], groups: list[Group], *, seed: int, by: SplitBy) -> list[Group]:
    """Order groups by chance, but each by what it holds alone; one with unanswerable questions first, and one last."""

    def chance(group: Group) -> str:
        anchor = min(members[position].anchor for position in group)
        fact = f":{members[group[0]].fact}" if by == "wording" else ""
        return _drawn(f"{seed}:{anchor}{fact}")

    ordered = sorted(groups, key=chance)
    refusing = [group for group in ordered if any(members[position].kind == "unanswerable" for position in group)]
    if len(refusing) > 1:
        first, last = refusing[0], refusing[-1]
        ordered = [first, *(group for group in ordered if group is not first and group is not last), last]
    return ordered


def _chosen(groups: Sequence[Group], wanted: int) -> set[int]:
    """Take groups in order if they bring the number nearer to what is wanted; the smallest, if none does.

    Smallest first would favor pairs in no group.
    """
    heldout: set[int] = set()
    for group in groups:
        if abs(len(heldout) + len(group) - wanted) < abs(len(heldout) - wanted):
            heldout.update(group)
    if wanted and not heldout and len(groups) > 1:
        smallest = min(groups, key=len)
        heldout.update(smallest)
    return heldout


def _groups(compared: Comparison, by: SplitBy) -> list[Group]:
    """Group the positions of pairs that must stay together."""
    parents = array("I", range(len(compared.members)))

    def root(position: int) -> int:
        while parents[position] != position:
            parents[position] = parents[parents[position]]
            position = parents[position]
        return position

    for position, other in _ties(compared, by):
        parents[root(position)] = root(other)
    groups: defaultdict[int, Group] = defaultdict(list)
    for position in range(len(parents)):
        groups[root(position)].append(position)
    return list(groups.values())


def _ties(compared: Comparison, by: SplitBy) -> Iterator[Tie]:
    """Yield positions of pairs that must stay together, enough of them to join every group."""
    yield from _same((member.fact, position) for position, member in enumerate(compared.members))
    yield from _same((member.passage_id, position) for position, member in enumerate(compared.members))
    yield from _alike(compared.questions)
    yield from _alike(compared.answers)
    if by == "document":
        yield from _same((member.document_id, position) for position, member in enumerate(compared.members))


def _same(keyed: Iterable[tuple[str | int | None, int]]) -> Iterator[Tie]:
    first: dict[str | int, int] = {}
    for key, position in keyed:
        if key is not None:
            yield position, first.setdefault(key, position)


def _alike(likeness: Likeness) -> Iterator[Tie]:
    place = dict(zip(likeness.numbers, likeness.positions, strict=True))
    yield from _same(zip(likeness.numbers, likeness.positions, strict=True))
    yield from ((place[one], place[other]) for one, other in likeness.links)
