"""What `garrison evaluate` prints: the contract for scripts, and the tables for people."""

from pathlib import Path

import pytest

from core.cli.app import main
from core.cli.evaluation_words import evaluation_json, evaluation_text
from core.evaluation import judge, verdict
from core.evaluation.forgetting import GeneralQuestion, compared
from core.evaluation.verdict import NO_UNANSWERABLE
from core.records import Evaluation, Project, now
from core.storage import Workspace, find
from tests.graded import graded

ROWS = [{"input": f"What is part {n}?", "output": f"Part {n} holds {n} bolts."} for n in range(8)]
RIGHT = [row["output"] for row in ROWS]
WRONG = ["A machine."] * 8


def stored(result):
    return Evaluation(
        id="evaluation-1", project_id="project-1", run_id="run-1", adapter_sha256=None, questions_sha256="1",
        question_count=result.question_count, scores=result.as_json()["scores"],
        verdict=verdict(result, judge(result, bound=0.6)), is_good_enough=True, created_at=now(),
    )  # fmt: skip


def test_scripts_read_four_columns_with_intervals_refusals_and_the_verdict():
    result = graded(ROWS, WRONG, RIGHT, too_long=[9], resamples=200)
    told = evaluation_json(stored(result), result)
    assert told["questions"] == 8 and told["too_long"] == [9] and told["trained_on"] == 0
    assert list(told["columns"]) == ["base", "tuned", "base_with_passage", "tuned_with_passage"]
    for column in told["columns"].values():
        assert list(column) == ["exact_match", "f1", "rouge_l", "loss"]
        assert all(list(score) == ["value", "low", "high"] for score in column.values())
    assert told["columns"]["tuned"]["exact_match"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert told["refusal"]["answerable"]["base"] == {"right": 0, "wrong": 8, "refused": 0}
    assert told["refusal"]["unanswerable"]["base"] == {"right": 0, "wrong": 0, "refused": 0}
    assert told["verdict"].startswith("The tuned model answers better, and well enough to use")
    assert told["id"] == "evaluation-1" and told["is_good_enough"] is True


def test_meaning_is_printed_where_it_was_measured():
    result = graded(ROWS, WRONG, RIGHT, resamples=200, embed=lambda texts: [bytes([1, 2])] * len(texts))
    assert evaluation_json(stored(result), result)["columns"]["base"]["meaning"]["value"] > 0.99


def test_scripts_read_what_was_forgotten():
    questions = [GeneralQuestion(kind="words", question=f"{n}?", accepted=("yes",)) for n in range(8)]
    found = compared(questions, (["Yes."] * 8, ["No."] * 8), ([1.0] * 8, [2.0] * 8))
    result = graded(ROWS, WRONG, RIGHT, forgetting=found, resamples=200)
    told = evaluation_json(stored(result), result)["forgetting"]
    assert told["is_worse"] is True
    assert told["perplexity"]["base"]["value"] == pytest.approx(2.71828, abs=1e-4)  # e, of a loss of 1
    assert told["perplexity"]["tuned"]["value"] == pytest.approx(7.38906, abs=1e-4)
    assert told["questions"]["count"] == 8
    assert [told["questions"][side]["value"] for side in ("base", "tuned", "difference")] == [1.0, 0.0, -1.0]
    assert "Of 8 everyday questions it answers 0 rightly, the base model 8" in evaluation_text(stored(result), result)
    without = graded(ROWS, WRONG, RIGHT, resamples=200)
    assert evaluation_json(stored(without), without)["forgetting"] is None


def test_people_read_the_verdict_first_and_that_nothing_is_known_about_refusing():
    result = graded(ROWS, WRONG, RIGHT, resamples=200)
    text = evaluation_text(stored(result), result)
    assert text.startswith("The tuned model answers better") and text.endswith(NO_UNANSWERABLE)
    assert "tuned with passage" in text


@pytest.mark.parametrize(("share", "code", "kept"), [("0.75", 0, 0.75), ("75", 2, 0.6)])
def test_the_bound_of_a_project_is_set_by_command(home: Path, share: str, code: int, kept: float, capsys) -> None:
    Workspace(home).create_project("Pumps")
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), "project", "good-enough", "Pumps", share, "--as", "Ada"])
    assert ended.value.code == code
    assert [project.good_enough for project in find(Workspace(home).db, Project)] == [kept]
    told = capsys.readouterr()
    assert "75% of its answers are right" in told.out if code == 0 else "out of range" in told.err
