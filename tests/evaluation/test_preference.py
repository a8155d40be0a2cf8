"""A judge of two runs' answers: asked in both orders, counted where it agrees with itself, and told how far to trust."""

import json
import math
from collections.abc import Iterator, Sequence

import pytest

from core.evaluation.preference import Duel, Preferences, choices, duels_of, preference_words
from core.models.text import Completion, Prompt
from tests.graded import graded


class Judge:
    """A judge that says of each prompt what `decide` makes of its answers A and B; keeps the prompts."""

    def __init__(self, decide) -> None:
        self._decide = decide
        self.prompts: list[Prompt] = []

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        for index, prompt in reversed(list(enumerate(prompts))):  # in the order in which they become ready
            self.prompts.append(prompt)
            parts = dict(line.split(": ", 1) for line in prompt.text.splitlines())
            said = self._decide(parts["Answer A"], parts["Answer B"])
            text = json.dumps({"better": said}) if said else "{"
            yield Completion(index=index, text=text, token_count=5, is_complete=bool(said))


def duel(first: str, second: str, *, passage: str = "The winch holds 12 tonnes.") -> Duel:
    return Duel(question="What does it hold?", reference="12 tonnes", passage=passage, first=first, second=second)


def longer(first: str, second: str) -> str:
    return "same" if len(first) == len(second) else "A" if len(first) > len(second) else "B"


def test_a_judge_that_agrees_with_itself_is_counted_by_run_and_not_by_place():
    duels = [duel("longest answer", "short"), duel("short", "longest answer"), duel("one", "two")]
    assert list(choices(duels, Judge(longer))) == ["first", "second", "same"]


@pytest.mark.parametrize("always", ["A", "B", None])
def test_a_judge_that_takes_a_place_agrees_on_nothing(always):
    duels = [duel("longest answer", "short"), duel("short", "longest answer")]
    assert list(choices(duels, Judge(lambda *_: always))) == ["disagreed", "disagreed"]


def test_equal_answers_are_not_asked_about():
    judge = Judge(longer)
    assert list(choices([duel("The rope.", "rope"), duel("a", "bb")], judge)) == ["alike", "second"]
    assert len(judge.prompts) == 2
    assert list(choices([duel("Rope", "rope")], judge)) == ["alike"] and len(judge.prompts) == 2


def test_the_judge_sees_the_passage_around_the_right_answer_and_answers_cut_to_what_it_can_read():
    judge = Judge(longer)
    far = "Nothing here. " * 200 + "The winch holds 12 tonnes. " + "Nor here. " * 200
    list(choices([duel("word " * 400, "", passage=far)], judge))
    assert all("holds 12 tonnes" in prompt.text and "(nothing)" in prompt.text for prompt in judge.prompts)
    assert all(len(prompt.text) < 1600 for prompt in judge.prompts)


def test_runs_are_held_against_each_other_on_questions_that_neither_was_trained_on():
    rows = [{"input": f"Part {n}?", "output": f"Bolt {n}."} for n in range(8)]
    first = graded([row | {"was_trained_on": n == 0} for n, row in enumerate(rows)], ["x"] * 8, ["one"] * 8, resamples=50)
    others = [row | {"was_trained_on": n == 2} for n, row in enumerate(rows[1:], start=1)]
    second = graded(others[::-1], ["x"] * 7, ["two"] * 7, resamples=50)
    found = duels_of(first, second)
    assert [each.question for each in found] == [f"Part {n}?" for n in (1, 3, 4, 5, 6, 7)]
    assert {(each.first, each.second) for each in found} == {("one", "two")}


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [(0, 0, 1.0), (5, 0, 2 / 2**5), (6, 0, 2 / 2**6), (3, 3, 1.0), (9, 1, 22 / 2**10)],  # 2 · (C(10,9) + C(10,10)) = 22
)
def test_chance_is_that_of_the_sign_test(first, second, chance):
    assert math.isclose(Preferences(first=first, second=second).chance, chance)


@pytest.mark.parametrize(
    ("counts", "better"),
    [
        ({"first": 6}, "first"),
        ({"first": 5}, None),  # p = .0625
        ({"second": 9, "first": 1, "same": 4}, "second"),
        ({"first": 6, "disagreed": 5}, "first"),
        ({"first": 6, "disagreed": 6}, None),  # half of the time it changes its mind
    ],
)
def test_a_run_is_better_only_by_more_than_chance_and_a_judge_that_keeps_its_mind(counts, better):
    assert Preferences(**counts).better == better


def test_words_give_counts_and_the_rate_of_disagreement():
    found = Preferences(first=12, second=2, same=1, disagreed=5, alike=1)
    assert preference_words(found, first="run 2", second="run 3", judge="site-70b") == (
        "Asked about 20 questions, site-70b takes the answer of run 2 12 times, that of run 3 twice, and neither once. "
        "It changed its mind about 5 of them (25%) when the answers were swapped: these do not count. "
        "1 more question got the same answer from both. Run 2 is better, by this judge."
    )
    assert "too weak to go by" in preference_words(Preferences(disagreed=3), first="run 2", second="run 3", judge="m")
    assert "Chance alone" in preference_words(Preferences(first=1), first="run 2", second="run 3", judge="m")
    alike = preference_words(Preferences(alike=4), first="run 2", second="run 3", judge="m")
    assert alike == "Run 2 and run 3 give the same answers to all 4 questions."
