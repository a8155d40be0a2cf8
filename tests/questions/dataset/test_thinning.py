"""Of the held-out wordings of a fact, one or two are asked."""

import pytest

from core.questions.dataset import thinned

WORDINGS = ("no", "cloze", "request", "open", "context")


def rows(facts: int) -> list[dict[str, str]]:
    return [{"fact": f"fact-{fact}", "wording": wording} for fact in range(facts) for wording in WORDINGS]


def test_the_open_question_is_asked_first_and_then_the_next_best():
    assert [row["wording"] for row in thinned(rows(1), per_fact=1)] == ["open"]
    assert [row["wording"] for row in thinned(rows(1), per_fact=2)] == ["open", "context"]
    assert thinned(rows(1), per_fact=9) == rows(1)


@pytest.mark.parametrize(("facts", "asked"), [(99, 198), (100, 100)])
def test_one_wording_is_enough_where_there_are_many_facts(facts, asked):
    assert len(thinned(rows(facts))) == asked


def test_rows_without_a_fact_are_all_asked():
    old = [{"input": "a"}, {"input": "b"}, {"input": "b", "fact": None}]
    assert thinned(old, per_fact=1) == old


def test_unknown_wordings_come_last():
    given = [{"fact": "a", "wording": "sung"}, {"fact": "a"}, {"fact": "a", "wording": "cloze"}]
    assert thinned(given, per_fact=1) == given[2:]
