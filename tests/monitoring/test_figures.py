"""Counts of answers, and how long they took."""

import pytest

from core.monitoring.figures import AnswerNote, Times, by_answerer, by_day, figures_of


def note(**told) -> AnswerNote:
    return AnswerNote(**{"day": "2026-12-01", "answerer": "run-1", "state": "complete"} | told)


def test_every_kind_of_answer_is_counted_once():
    figures = figures_of(
        [
            note(thumb="up", is_from_documents=True),
            note(thumb="down", is_corrected=True, is_replaced=True),
            note(is_from_documents=True, is_refused=True),
            note(is_from_documents=True, is_unsupported=True, state="cut"),
            note(state="repeating"),
            note(state="stopped"),
            note(state="broken off"),
            note(state="writing", thumb="up"),
        ]
    )
    assert (figures.answers, figures.questions) == (7, 6)  # one was asked again, one is not written yet
    assert (figures.up, figures.down, figures.judged, figures.corrected) == (1, 1, 2, 1)
    assert (figures.from_documents, figures.refused, figures.unsupported) == (3, 1, 1)
    assert figures.endings == {"cut": 1, "repeating": 1, "stopped": 1, "broken off": 1}


@pytest.mark.parametrize(
    ("seconds", "median_s", "slow_s"),
    [([4.0], 4.0, 4.0), ([1.0, 3.0], 2.0, 3.0), ([*map(float, range(10, 0, -1))], 5.5, 9.0), ([1.0] * 9 + [99.0], 1.0, 1.0)],
)
def test_half_of_the_answers_and_nine_of_ten_were_as_fast(seconds, median_s, slow_s):
    assert Times.of(seconds) == Times(median_s=median_s, slow_s=slow_s)


def test_the_whole_time_is_of_answers_that_came_to_their_end():
    figures = figures_of([note(first_s=1.0, whole_s=2.0), note(first_s=3.0, whole_s=90.0, state="stopped"), note()])
    assert figures.first == Times(median_s=2.0, slow_s=3.0) and figures.whole == Times(median_s=2.0, slow_s=2.0)
    assert Times.of([]) is None and figures_of([]).whole is None


def test_answerers_come_by_their_number_of_answers_and_days_without_a_question_count_none():
    notes = [note(answerer="a", day="2026-11-30"), note(answerer="b", thumb="up"), note(answerer="b", is_refused=True)]
    assert [(name, each.answers) for name, each in by_answerer(notes).items()] == [("b", 2), ("a", 1)]
    days = by_day(notes, ["2026-11-29", "2026-11-30", "2026-12-01"])
    assert [(each.questions, each.up, each.refused) for each in days] == [(0, 0, 0), (1, 0, 0), (2, 1, 1)]
    assert by_day(notes, ["2026-12-01"])[0].questions == 2  # what is older is left out
