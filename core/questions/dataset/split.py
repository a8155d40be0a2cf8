"""Split question pairs into those trained on and those held out for evaluation.

Pairs with the same content must end up on the same side, or the evaluation would measure memorized wording. So pairs are
kept together if they ask for one fact, come from one passage (or from one document), or have nearly the same question or
nearly the same long answer. A fact that is held out is never trained on.
"""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.questions.dataset.alike import alike
from core.questions.dataset.leak import tells
from core.records import QuestionPair, SplitBy
from core.settings import DatasetSettings

SMALLEST = 10  # minimum number of pairs for holding any out
ENOUGH_DOCUMENTS = 10  # from which whole documents are held out: fewer would hold out much more or less than was asked for
Group = list[int]  # positions of pairs that stay together
Tie = tuple[int, int]  # positions of two of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Pairs to train on and pairs held out, both in the given order; each document or each passage is on one side."""

    by: SplitBy
    train: list[QuestionPair]
    heldout: list[QuestionPair]


def split_dataset(pairs: Sequence[QuestionPair], settings: DatasetSettings) -> Split:
    """Split pairs as the settings say; "auto" holds out whole documents if there are enough of them.

    Raises:
        InputError: the held-out share is out of range.
    """
    share, seed = settings.heldout_share, settings.seed
    ties = _ties(pairs)

    def split(by: SplitBy) -> Split:
        train, heldout = _split(pairs, ties, heldout_share=share, seed=seed, by=by)
        return Split(by=by, train=train, heldout=heldout)

    if settings.split != "auto":
        return split(settings.split)
    if len({pair.document_id for pair in pairs}) >= ENOUGH_DOCUMENTS:
        whole = split("document")
        if 2 * len(whole.heldout) >= share * len(pairs):  # else most documents hang together or are too large
            return whole
    return split("passage")


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
        by: what is never divided.

    Raises:
        InputError: `heldout_share` is out of range.
    """
    return _split(pairs, _ties(pairs), heldout_share=heldout_share, seed=seed, by=by)


def _split(
    pairs: Sequence[QuestionPair], ties: Sequence[Tie], *, heldout_share: float, seed: int, by: SplitBy
) -> tuple[list[QuestionPair], list[QuestionPair]]:
    if not 0 <= heldout_share < 1:
        raise InputError(f"The held-out share {heldout_share} is out of range.", "Give a share from 0 to below 1.")
    wanted = round(heldout_share * len(pairs))
    if heldout_share > 0 and len(pairs) >= SMALLEST:
        wanted = max(wanted, 1)
    elif len(pairs) < SMALLEST:
        wanted = 0
    heldout = _chosen(_ordered(pairs, _groups(pairs, ties, by), seed=seed), wanted)
    train = [pair for position, pair in enumerate(pairs) if position not in heldout]
    return train, [pair for position, pair in enumerate(pairs) if position in heldout]


def _ordered(pairs: Sequence[QuestionPair], groups: list[Group], *, seed: int) -> list[Group]:
    """Order groups by chance, but each by what it holds alone; one with unanswerable questions first, and one last."""

    def chance(group: Group) -> str:
        anchor = min(pairs[position].passage_id or pairs[position].input for position in group)
        return hashlib.sha256(f"{seed}:{anchor}".encode()).hexdigest()

    ordered = sorted(groups, key=chance)
    refusing = [group for group in ordered if any(pairs[position].kind == "unanswerable" for position in group)]
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


def _groups(pairs: Sequence[QuestionPair], ties: Sequence[Tie], by: SplitBy) -> list[Group]:
    """Group the positions of pairs that must stay together."""
    parents = list(range(len(pairs)))

    def root(position: int) -> int:
        while parents[position] != position:
            parents[position] = parents[parents[position]]
            position = parents[position]
        return position

    documents = _same((pair.document_id, position) for position, pair in enumerate(pairs)) if by == "document" else ()
    for position, other in itertools.chain(ties, documents):
        parents[root(position)] = root(other)
    groups: defaultdict[int, Group] = defaultdict(list)
    for position in range(len(pairs)):
        groups[root(position)].append(position)
    return list(groups.values())


def _ties(pairs: Sequence[QuestionPair]) -> list[Tie]:
    """Return positions of pairs that must stay together whatever is held out, enough of them to join every group."""
    return [
        *_same((pair.fact, position) for position, pair in enumerate(pairs)),
        *_same((pair.passage_id, position) for position, pair in enumerate(pairs)),
        *_alike([(pair.input, position) for position, pair in enumerate(pairs)]),
        *_alike([(pair.output, position) for position, pair in enumerate(pairs) if tells(pair)]),
    ]


def _same(keyed: Iterable[tuple[str | int | None, int]]) -> Iterator[Tie]:
    first: dict[str | int, int] = {}
    for key, position in keyed:
        if key is not None:
            yield position, first.setdefault(key, position)


def _alike(texts: Sequence[tuple[str, int]]) -> Iterator[Tie]:
    numbers, links = alike([text for text, _ in texts])
    place = {number: position for number, (_, position) in zip(numbers, texts, strict=True)}
    yield from _same((number, position) for number, (_, position) in zip(numbers, texts, strict=True))
    yield from ((place[one], place[other]) for one, other in links)
