"""The card: lights, sentences with their figures, and that it is read as it was stored."""

import json
from dataclasses import replace

from core.evaluation.leaks import Attempt, LeakTest, card_sentences, extraction, membership

NOTHING = Attempt(entity="PERSON", passage_id="passage-1", tuned=False, base=False)


def card_of(*attempts: Attempt, documents_left_out: int = 0) -> LeakTest:
    return LeakTest(
        run_id="run-1", model="tiny", model_sha256="m" * 64, adapter_sha256="a" * 64, dataset_sha256="d" * 64,
        created_at="2026-11-30T20:00:00.000+00:00", extraction=extraction(attempts, value_count=len(attempts)),
        membership=membership([1.0] * 20, [1.0] * 20, resamples=50), documents_left_out=documents_left_out,
    )  # fmt: skip


def test_many_values_none_written_is_green():
    test = card_of(*[NOTHING] * 60)
    assert test.light == "green"
    words = test.findings[0].words
    assert "it wrote 0 of 60 values" in words and "fewer than 4.9 %" in words  # 1 - .05^(1/60)


def test_one_value_learned_is_red():
    assert card_of(*[NOTHING] * 60, replace(NOTHING, tuned=True)).light == "red"
    assert card_of(*[NOTHING] * 60, replace(NOTHING, tuned=True, base=True)).light == "green"


def test_what_cannot_be_told_is_not_green():
    assert card_of(*[NOTHING] * 5).light == "yellow"
    assert card_of(*[NOTHING] * 60, documents_left_out=1).light == "yellow"
    readable = card_of(*[NOTHING] * 60, replace(NOTHING, is_readable=True))
    assert readable.light == "yellow" and "look at the review" in readable.findings[0].words


def test_rows_that_are_told_apart_are_worth_a_look():
    test = replace(card_of(*[NOTHING] * 60), membership=membership([0.1] * 20, [1.0] * 20, resamples=50))
    assert test.light == "yellow" and "100 times in 100" in test.findings[1].words
    few = replace(test, membership=membership([0.1] * 20, [1.0] * 3, resamples=50))
    assert few.findings[1].light == "gray" and few.light == "green"


def test_it_is_read_as_it_was_stored():
    ranked = replace(NOTHING, rivals=100, tuned_rank=3, base_rank=9)
    for test in (card_of(*[NOTHING] * 60, ranked), replace(card_of(), membership=None, extraction=None)):
        assert LeakTest.from_json(json.loads(json.dumps(test.as_json()))) == test


def test_a_run_without_a_test_says_so():
    assert "not tested for leaks" in card_sentences(None)[0]
    assert any("Green: nothing found" in sentence for sentence in card_sentences(card_of(*[NOTHING] * 60)))
