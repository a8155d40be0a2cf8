import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.evaluation import EvaluationResult
from core.evaluation.report import ReportData, StageTime, chosen_rows, nice_ticks, render_report
from tests.graded import graded

QUESTIONS = [{"input": f"What is term {i}?", "output": f"Term {i} is a tool for the job."} for i in range(8)]


def _result(tuned: list[str] | None = None) -> EvaluationResult:
    return graded(
        QUESTIONS,
        ["Bananas grow quickly."] * 8,
        tuned or [f"Term {i} is a tool."[: 8 + i] for i in range(8)],
        base_losses=[3.0] * 8,
        tuned_losses=[1.5] * 8,
        resamples=200,
    )


def _data(**changes: object) -> ReportData:
    data = ReportData(
        project="Workshop",
        created_at="2026-11-23T10:00:00.000+00:00",
        model="a-model",
        document_count=11,
        word_count=6800,
        spans={"PERSON": 40, "PHONE_NUMBER": 12},
        pairs_kept=100,
        pairs_dropped={"too_short": 3, "duplicate": 20},
        train_loss=[(1, 3.2), (10, 2.0), (20, 1.1)],
        validation_loss=[(10, 2.2), (15, 1.4), (20, 1.6)],
        evaluation=_result(),
        good_enough=0.6,
        settings={"epochs": 8.0},
        stages=[StageTime(name="Reading", seconds=2.4, amount="11 documents"), StageTime(name="Training", seconds=407.0)],
        refused_connections=0,
        versions={"torch": "2.13.0"},
        hashes={"adapter": "ab" * 32},
    )
    return replace(data, **changes)  # type: ignore[arg-type]


class _Balance(HTMLParser):
    """Counts elements that are opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_report_is_well_formed_and_says_the_verdict_before_any_score() -> None:
    html = render_report(_data())
    parser = _Balance()
    parser.feed(html)
    assert parser.open == []
    assert html.index("The tuned model answers better, ") < html.index("<h2>Base against tuned</h2>")


def test_report_refers_to_nothing_outside_itself() -> None:
    html = render_report(_data())
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"|url\(|@import|https?://|<script", html) == []


def test_text_from_documents_and_models_is_escaped() -> None:
    attack = '<script>alert(1)</script><img src="x">'
    html = render_report(_data(evaluation=_result([attack] * 8), project=attack, spans={attack: 1}, hashes={attack: attack}))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_report_shows_every_count_timing_and_hash() -> None:
    html = render_report(_data())
    for text in (
        "phone number",
        "52 spans of 2 types",
        "100 kept, 23 dropped",
        "too short",
        "6 min 47 s",
        "6 min 49 s",
        "ab" * 32,
    ):
        assert text in html, text


def test_loss_that_rises_again_is_said() -> None:
    assert "The validation loss was lowest (1.40) at step 15 and rose after that." in render_report(_data())


def test_report_without_losses_spans_or_pairs_still_renders() -> None:
    html = render_report(_data(train_loss=[], validation_loss=[], spans={}, pairs_kept=0, pairs_dropped={}))
    assert "No loss was recorded." in html
    assert "No personal data was found." in html


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (None, "Nobody watched the network"),
        (0, "No connection to another machine was attempted"),
        (3, "3 attempts to reach"),
    ],
)
def test_report_claims_no_more_about_the_network_than_was_watched(refused: int | None, words: str) -> None:
    assert words in render_report(_data(refused_connections=refused))


def test_shown_answers_are_the_best_the_median_and_the_worst_change() -> None:
    result = _result()
    changes = sorted(row.tuned.token_f1 - row.base.token_f1 for row in result.rows)
    shown = {title: row.tuned.token_f1 - row.base.token_f1 for title, row in chosen_rows(result)}
    assert shown == {"Best change": changes[-1], "Median change": changes[3], "Worst change": changes[0]}


def test_one_question_is_shown_once() -> None:
    result = replace(_result(), rows=_result().rows[:1])
    assert len(chosen_rows(result)) == 1


@pytest.mark.parametrize(
    ("high", "most", "expected"),
    [
        (3.2, 5, [0, 1, 2, 3, 4]),
        (0.83, 4, [0, 0.25, 0.5, 0.75, 1.0]),
        (120, 5, [0, 25, 50, 75, 100, 125]),
        (0, 4, [0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_ticks_are_round_numbers_that_reach_the_highest_value(high: float, most: int, expected: list[float]) -> None:
    assert nice_ticks(0, high, most=most) == expected


def test_report_counts_right_wrong_and_refused_answers_of_four_columns() -> None:
    html = render_report(_data())
    assert "<h2>Right, wrong, refused</h2>" in html and "tuned with the passage" in html
    assert "None of these questions is of that kind" in html
