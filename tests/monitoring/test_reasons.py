"""When it is time to train again, at the borders of each threshold."""

from dataclasses import replace

import pytest

from core.monitoring.document_drift import DocumentDrift
from core.monitoring.figures import figures_of
from core.monitoring.question_drift import QuestionDrift
from core.monitoring.reasons import Reason, Signals, reason_words, reasons_of
from core.settings import MonitoringSettings

NOTHING = figures_of([])
USUAL = MonitoringSettings()


def causes(settings: MonitoringSettings = USUAL, *, questions=None, documents=None, is_worse=False, **figures) -> list[str]:
    signals = Signals(
        figures=replace(NOTHING, **figures), questions=questions, documents=documents, is_evaluation_worse=is_worse
    )
    return [reason.cause for reason in reasons_of(signals, settings)]


@pytest.mark.parametrize(
    ("figures", "cause"),
    [
        ({"up": 7, "down": 3}, None),  # as many as are allowed
        ({"up": 6, "down": 4}, "thumbs down"),
        ({"up": 0, "down": 9}, None),  # too few to tell
        ({"from_documents": 10, "refused": 3}, None),
        ({"from_documents": 10, "refused": 4}, "refused"),
        ({"from_documents": 9, "refused": 9}, None),
        ({"from_documents": 10, "unsupported": 5}, None),
        ({"from_documents": 10, "unsupported": 6}, "unsupported"),
        ({}, None),
    ],
)
def test_a_share_of_answers_is_a_reason_beyond_its_bound(figures, cause):
    assert causes(**figures) == ([cause] if cause else [])


@pytest.mark.parametrize(
    ("asked", "unlike", "threshold", "is_reason"),
    [(10, 3, 0.4, False), (10, 4, 0.4, True), (9, 9, 0.4, False), (10, 10, None, False)],
)
def test_new_questions_are_a_reason_if_they_could_be_told(asked, unlike, threshold, is_reason):
    questions = QuestionDrift(asked=asked, unlike=unlike, waiting=0, threshold=threshold)
    assert causes(questions=questions) == ["new questions"] * is_reason


@pytest.mark.parametrize(("moved", "total", "is_reason"), [(0, 0, False), (1, 5, False), (2, 5, True), (1, 1, True)])
def test_few_documents_count_as_well(moved, total, is_reason):
    assert causes(documents=DocumentDrift(changed=moved, total=total)) == ["documents changed"] * is_reason


def test_a_share_that_is_no_round_number_in_binary_is_still_met_exactly():
    bound = MonitoringSettings(most_down=0.29)
    assert causes(bound, up=71, down=29) == [] and causes(bound, up=70, down=30) == ["thumbs down"]


def test_a_share_of_one_switches_a_reason_off():
    off = MonitoringSettings(most_down=1, most_changed=1)
    assert causes(off, down=20, documents=DocumentDrift(new=4, total=4)) == []


def test_a_worse_evaluation_comes_first_and_every_reason_is_told_in_words():
    signals = Signals(
        figures=replace(NOTHING, down=12, up=3, from_documents=10, refused=9, unsupported=8),
        questions=QuestionDrift(asked=10, unlike=10, waiting=0, threshold=0.5),
        documents=DocumentDrift(new=1, changed=1, total=4),
        is_evaluation_worse=True,
    )
    reasons = reasons_of(signals, USUAL)
    assert [reason_words(reason) for reason in reasons] == [
        "Evaluated again on the same questions, it answers worse than before.",
        "12 of 15 answers with a thumb got a thumb down (80%, more than 30%).",
        "9 of 10 answers from the documents said that the documents do not tell (90%, more than 30%).",
        "8 of 10 answers from the documents had a sentence that no source supports (80%, more than 50%).",
        "10 of 10 questions were unlike those that it was trained on (100%, more than 30%).",
        "2 of 4 documents are new, changed or gone since its questions were frozen (50%, more than 20%).",
    ]
    assert reasons[0] == Reason(cause="evaluation worse")
