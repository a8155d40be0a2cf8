"""The split into train and held-out."""

import pytest

from core.errors import InputError
from core.questions import split_pairs
from core.questions.filters import normalized


@pytest.fixture
def pairs(make_pair):
    """60 pairs of 20 passages."""
    return [
        make_pair(f"What is told by row {n} of thing {n}?", f"The answer with number {n}.", passage_id=f"passage-{n // 3}")
        for n in range(60)
    ]


def test_no_passage_is_on_both_sides(pairs):
    for seed in range(5):
        train, heldout = split_pairs(pairs, seed=seed)
        assert not {pair.passage_id for pair in train} & {pair.passage_id for pair in heldout}


def test_every_pair_is_on_one_side_in_order(pairs):
    train, heldout = split_pairs(pairs, seed=1)
    assert sorted([*train, *heldout], key=pairs.index) == pairs
    assert train == sorted(train, key=pairs.index)


def test_share_is_met_to_a_passage(pairs):
    _, heldout = split_pairs(pairs, heldout_share=0.15, seed=3)
    assert 6 <= len(heldout) <= 9  # 15 % of 60 is 9; passages have 3


def test_same_seed_gives_the_same_split_and_another_seed_another(pairs):
    assert split_pairs(pairs, seed=1) == split_pairs(pairs, seed=1)
    assert split_pairs(pairs, seed=1) != split_pairs(pairs, seed=2)


def test_equal_answers_and_near_equal_questions_stay_together(make_pair):
    rows = [make_pair(f"What is thing {n}?", f"Answer {n // 4}.") for n in range(40)]
    rows += [make_pair(f"What is the thing {n}?", f"Other answer {n}.") for n in range(40)]
    for seed in range(5):
        train, heldout = split_pairs(rows, seed=seed)
        assert heldout
        for say in (lambda pair: normalized(pair.output), lambda pair: normalized(pair.input)):
            assert not {say(pair) for pair in train} & {say(pair) for pair in heldout}


def test_one_of_ten_is_held_out_and_none_of_nine(pairs):
    alone = pairs[::3]
    assert len(split_pairs(alone[:10], heldout_share=0.01, seed=0)[1]) == 1
    assert split_pairs(alone[:9], seed=0)[1] == []


def test_passages_larger_than_the_share_still_give_a_heldout_one(pairs):
    assert len(split_pairs(pairs[:12], heldout_share=0.05, seed=0)[1]) == 3


def test_pairs_that_all_hang_together_are_trained_on(make_pair):
    rows = [make_pair(f"What is thing {n}?", f"Answer {n}.", passage_id="passage-1") for n in range(12)]
    assert split_pairs(rows, seed=0) == (rows, [])


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_impossible_share_is_refused(pairs, share):
    with pytest.raises(InputError, match=str(share)):
        split_pairs(pairs, heldout_share=share, seed=0)
