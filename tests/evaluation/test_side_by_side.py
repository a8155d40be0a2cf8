"""How answerers stand against each other, and the report on that."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from core.evaluation.side_by_side.report import ReportData, Sampled, SampledAnswer, chosen_numbers, render_report
from core.evaluation.side_by_side.tally import Mark, Tally, by_right_answers, by_votes, scores, tally_words
from core.intervals import sign_test
from core.records import Series, SeriesAnswerer
from tests.dashboard.test_answer_html import HOSTILE

GOOD, BAD = Mark(f1=1.0, outcome="right", is_good=True), Mark(f1=0.25, outcome="wrong", is_good=False)
REFUSED = Mark(f1=0.0, outcome="refused", is_good=True)  # where the documents do not tell
TITLES = ["Run 1", "base", "host"]


def tally(won: int, lost: int, equal: int = 0) -> Tally:
    return Tally(first=0, second=1, won=won, lost=lost, equal=equal)


def test_each_pair_is_counted_by_who_alone_was_good() -> None:
    questions = [[GOOD, BAD, BAD], [GOOD, GOOD, BAD], [BAD, BAD, BAD], [REFUSED, BAD, GOOD]]
    found = {(each.first, each.second): (each.won, each.lost, each.equal) for each in by_right_answers(questions, sides=3)}
    assert found == {(0, 1): (2, 0, 2), (0, 2): (2, 0, 2), (1, 2): (1, 1, 2)}
    first = scores(questions)[0]
    assert (first.counts.right, first.counts.wrong, first.counts.refused, first.good) == (2, 1, 1, 3)
    assert first.f1 == (1 + 1 + 0.25 + 0) / 4


def test_a_vote_for_a_third_one_says_nothing_about_two_and_none_of_them_is_a_tie_for_all() -> None:
    found = {(each.first, each.second): (each.won, each.lost, each.equal) for each in by_votes([0, 0, 2, None], sides=3)}
    assert found == {(0, 1): (2, 0, 1), (0, 2): (2, 1, 1), (1, 2): (0, 1, 1)}


@pytest.mark.parametrize(
    ("won", "lost", "likely"),
    [(5, 0, 0.0625), (6, 0, 0.03125), (9, 1, 22 / 1024), (3, 3, 1.0), (0, 0, 1.0)],  # binomial tails, by hand
)
def test_the_sign_test_is_two_sided(won: int, lost: int, likely: float) -> None:
    assert sign_test(won, lost) == sign_test(lost, won) == pytest.approx(likely)


def test_better_is_said_only_where_chance_is_not_likely_to_be_why() -> None:
    assert (tally(5, 0).better, tally(6, 0).better, tally(1, 9).better, tally(0, 0).better) == (None, 0, 1, None)
    assert tally_words(tally(1, 9), TITLES) == "base is better than Run 1: 9 to 1."
    assert tally_words(tally(5, 0), TITLES).startswith("Run 1 and base: 5 to 0. Chance alone")
    assert tally_words(tally(0, 0, 4), TITLES) == "Run 1 and base: neither was better on any question."


def test_sampled_are_the_questions_on_which_each_is_furthest_ahead() -> None:
    marks = {1: [BAD, GOOD], 2: [GOOD, BAD], 3: [GOOD, GOOD], 4: [replace(GOOD, f1=0.9), BAD]}
    assert chosen_numbers(marks, TITLES[:2]) == {
        2: "Run 1 is far ahead", 4: "Run 1 is far ahead", 1: "base is far ahead"
    }  # fmt: skip
    assert list(chosen_numbers(marks, TITLES[:2], most=1)) == [2, 1]


def data(text: str = "Words", **changes: Any) -> ReportData:
    answerers = tuple(SeriesAnswerer(answerer=name, title=text, version="ab" * 32, base=text) for name in ("a", "b"))
    series = Series(
        id="series-1", project_id="project-1", person_id=None, made_by=text, number=3, questions=text,
        questions_sha256="cd" * 32, question_count=2, answerers=answerers,
        settings={"temperature": 0.0, "longest_tokens": 512}, job_id="job-1", created_at="2026-11-23T10:00:00.000+00:00",
    )  # fmt: skip
    given = SampledAnswer(title=text, text=text, note=text, outcome="right", f1=1.0, votes=2)
    marks = [[GOOD, BAD]] * 8
    values = ReportData(
        project=text, series=series, answer_count=4, scored_count=8, trained_count=1, scores=scores(marks),
        by_right_answers=by_right_answers(marks, sides=2), vote_count=0, voter_count=0, by_votes=(),
        sample=[Sampled(why=text, number=1, question=text, reference=text, answers=(given, given))], garrison="1.0",
        made_by=text, made_at="2026-11-24T10:00:00.000+00:00",
    )  # fmt: skip
    return replace(values, **changes)


class Tags(HTMLParser):
    """The tags of a document with the names of their attributes; each that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(html: str) -> set[tuple[str, str]]:
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


@pytest.mark.parametrize("text", [*HOSTILE, "</style><script>alert(1)</script>", "{{ 7 * 7 }}", '" onload=alert(1) x="'])
def test_hostile_names_questions_and_answers_stay_text(text: str) -> None:
    assert tags(render_report(data(text))) == tags(render_report(data()))


def test_the_report_fetches_nothing_and_says_what_it_rests_on() -> None:
    html = render_report(data(trained_count=4))
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"|url\(|@import|https?://|<script", html) == []
    for words in ("ab" * 32, "cd" * 32, "Series 3", "68 to 100 %", "4 questions that one of them was trained on", "2 votes"):
        assert words in html, words  # Wilson's interval of 8 in 8, by hand: 0.676 to 1


def test_an_unfinished_series_without_right_answers_says_both() -> None:
    html = render_report(data(answer_count=3, scored_count=0, scores=(), by_right_answers=(), sample=()))
    assert "3 of 4 answers are there" in html and "Nothing decides yet." in html and "There are no answers yet." in html
