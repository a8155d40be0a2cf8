"""Facts that rows ask for, which an epoch counts."""

from core.training.facts import fact_count


def test_wordings_of_a_fact_count_once_and_rows_without_one_alone():
    assert fact_count(["a", "a", None, "b", None]) == 4
    assert fact_count([]) == 0
