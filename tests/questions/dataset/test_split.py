"""The split into train and held-out."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.questions.dataset import leak_between, split_dataset, split_pairs
from core.questions.filters import normalized
from core.questions.kinds import WORDINGS
from core.settings import DatasetSettings


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
        assert heldout
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
    rows = [make_pair(f"What is thing {n}?", f"Everything is told by the answer {n // 4}.") for n in range(40)]
    rows += [make_pair(f"What is the thing {n}?", f"Nothing is told by the other answer {n}.") for n in range(40)]
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


def facts(make_pair, *, documents: int, passages: int = 4, **changes: object):
    """Two facts a passage, each in five wordings, with short answers that many facts share."""
    names = list(WORDINGS)[:5]
    return [
        make_pair(
            f"{wording}: how often is part {document}{passage}{number} checked?",
            f"Every {number + 3} months",
            document_id=f"document-{document}",
            passage_id=f"passage-{document}-{passage}",
            fact=f"fact-{document}-{passage}-{number}",
            wording=wording,
            **changes,
        )
        for document in range(documents)
        for passage in range(passages)
        for number in range(2)
        for wording in names
    ]


@pytest.mark.parametrize("by", ["passage", "document"])
def test_a_held_out_fact_is_never_trained_on_and_nothing_leaks(make_pair, by):
    rows = facts(make_pair, documents=12)
    for seed in range(5):
        train, heldout = split_pairs(rows, seed=seed, by=by)
        assert not {pair.fact for pair in train} & {pair.fact for pair in heldout}
        assert heldout and leak_between(train, heldout).is_none
        sides = ({pair.document_id for pair in side} for side in (train, heldout))
        assert set.isdisjoint(*sides) is (by == "document")


def test_whole_documents_are_held_out_where_there_are_enough(make_pair):
    assert split_dataset(facts(make_pair, documents=10), DatasetSettings()).by == "document"
    assert split_dataset(facts(make_pair, documents=9), DatasetSettings()).by == "passage"
    assert split_dataset(facts(make_pair, documents=9), DatasetSettings(split="document")).by == "document"
    assert split_dataset(facts(make_pair, documents=10), DatasetSettings(split="passage")).by == "passage"


def test_passages_are_held_out_where_the_documents_hang_together(make_pair):
    rows = facts(make_pair, documents=10)
    for document in range(9):
        same = make_pair("Who must read this manual?", "All", document_id=f"document-{document}", passage_id=f"p-{document}")
        rows.append(same)
    split = split_dataset(rows, DatasetSettings(heldout_share=0.3))
    assert split.by == "passage" and len(split.heldout) > 0.2 * len(rows)


def test_facts_of_different_passages_are_tied_by_their_questions_and_not_by_short_answers(make_pair):
    rows = facts(make_pair, documents=1, passages=20)
    train, heldout = split_pairs(rows, seed=0)
    assert len(heldout) == 0.15 * len(rows)
    assert {pair.output for pair in train} == {pair.output for pair in heldout}


def test_what_is_held_out_mostly_stays_so_when_pairs_are_added(make_pair):
    rows = facts(make_pair, documents=5, passages=10)
    some = [pair for pair in rows if pair.document_id != "document-4"]
    stayed, all_before = 0, 0
    for seed in range(10):
        before, after = ({pair.id for pair in split_pairs(given, seed=seed)[1]} for given in (some, rows))
        stayed, all_before = stayed + len(before & after), all_before + len(before)
    assert stayed >= 0.7 * all_before  # by chance alone: 15 %


@pytest.mark.parametrize("by", ["passage", "document"])
def test_a_few_dropped_pairs_move_nothing_to_the_other_side(make_pair, by):
    rows = facts(make_pair, documents=12)
    rows = [replace(pair, kind="unanswerable") if number % 10 == 0 else pair for number, pair in enumerate(rows)]
    for seed in range(10):
        left = [pair for pair in rows if pair.id not in ("pair-3", "pair-4", "pair-90")]
        before, after = (split_pairs(given, seed=seed, by=by)[1] for given in (rows, left))
        assert after == [pair for pair in before if pair in left]


def test_both_sides_get_questions_that_the_text_does_not_answer(make_pair):
    said = "The document does not say anything about this."
    for seed in range(10):
        rows = facts(make_pair, documents=1, passages=20)
        for passage in (3, 8):
            asked = f"What color has the part {passage}?"
            rows.append(make_pair(asked, said, kind="unanswerable", passage_id=f"passage-0-{passage}"))
        train, heldout = split_pairs(rows, seed=seed)
        assert [sum(pair.kind == "unanswerable" for pair in side) for side in (train, heldout)] == [1, 1]


@pytest.fixture
def worded(make_pair):
    """Forty facts in three wordings each, twenty in one, and ten questions that the text does not answer."""
    several = [
        make_pair(f"{way} {n}?", f"Number {n}.", fact=f"fact-{n}", passage_id=f"passage-{n // 3}")
        for n in range(40)
        for way in ("What is", "State", "Can you tell me")
    ]
    single = [make_pair(f"Who is {n}?", f"Person {n}.", fact=f"one-{n}", passage_id="passage-x") for n in range(20)]
    untold = [make_pair(f"Why {n}?", "The documents do not say.", kind="unanswerable", fact=None) for n in range(10)]
    return [*several, *single, *untold]


def test_by_wording_every_fact_is_learned_and_some_are_tested_in_other_words(worded):
    for seed in range(5):
        train, heldout = split_pairs(worded, seed=seed, by="wording")
        facts = {pair.fact for pair in worded}
        assert {pair.fact for pair in train} == facts
        tested = [pair.fact for pair in heldout if pair.fact]
        assert len(tested) == len(set(tested)) and not any(fact.startswith("one-") for fact in tested)
        assert len(heldout) == round(0.15 * len(worded))
        assert any(pair.kind == "unanswerable" for pair in heldout) and any(pair.kind == "unanswerable" for pair in train)
        assert len({pair.passage_id for pair in heldout}) > 5  # from all over the document


def test_by_wording_more_is_not_held_out_than_there_are_facts_in_other_words(worded):
    train, heldout = split_pairs(worded, heldout_share=0.9, seed=0, by="wording")
    assert len(heldout) == 45
    assert {pair.fact for pair in worded} == {pair.fact for pair in train}


def test_by_wording_facts_of_the_same_name_in_two_documents_are_two(make_pair):
    pairs = [
        make_pair(f"{way} {document}?", "It is.", fact="0-abc", document_id=document)
        for document in ("one", "two")
        for way in "abcdef"
    ]
    train, heldout = split_pairs(pairs, heldout_share=0.5, seed=0, by="wording")
    assert sorted(pair.document_id for pair in heldout) == ["one", "two"]
