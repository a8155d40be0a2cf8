"""An evaluation as a job stores it, with answers in place of a model's: four columns, what is left out, the verdict."""

import json

import pytest

from core.errors import InputError
from core.files import write_atomic
from core.jobs.context import JobContext
from core.records import DatasetVersion, Evaluation, Job, Project, new_id, now
from core.run_folder import RunFolder
from core.services.training import answering, evaluation
from core.services.training.answering import Side
from core.services.training.question_set import ASKED_ROWS, rows_asked_last
from core.services.training.results import forgetting_of, newest_result, stored_result
from core.storage import find, insert, update

COUNT = 8


@pytest.fixture
def evaluate(workspace, learned, monkeypatch, tmp_path):
    """A function that evaluates the run on questions of a file; the tuned model answers rightly, also with the passage."""
    folder = RunFolder(workspace.run_folder(learned.project.id, learned.run.id))
    write_atomic(folder.template, "{{ messages }}")
    train = workspace.dataset_folder(learned.project.id, learned.run.dataset_id) / "train.jsonl"
    monkeypatch.setattr(evaluation, "_embed", lambda _workspace: None)

    def made(*, too_long=(), trained_on=(), has_general=False, is_own=True):
        rows = [{"input": f"What is rope {number}?", "output": f"A rope of {number} meters."} for number in range(COUNT)]
        path = tmp_path / "questions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        write_atomic(train, "".join(json.dumps(rows[number]) + "\n" for number in trained_on))

        def by_llama(_subject, asked, sides, report):
            assert [each.source is None for each in asked[: 2 * COUNT]] == [True] * COUNT + [False] * COUNT
            assert [each.is_text for each in asked[2 * COUNT :]] == ([False] * 60 + [True] * 20) * has_general
            places = range(len(asked))
            left_out = [place < 2 * COUNT and place % COUNT + 1 in too_long for place in places]
            for name in ("base", "run"):
                answers = [asked[place].row["output"] if name == "run" else "No idea at all." for place in places]
                sides.put(
                    name,
                    Side(
                        [None if out else text for out, text in zip(left_out, answers, strict=True)],
                        [None if out else 1.0 for out in left_out],
                    ),
                )
                report(2 * len(asked))
            return True

        monkeypatch.setattr(answering, "by_llama", by_llama)
        job = Job(id=new_id("job"), kind="evaluate", project_id=learned.project.id, created_at=now())
        insert(workspace.db, job)
        own = str(path) if is_own else ""
        return evaluation.evaluate_run(JobContext(workspace, job), learned.run, questions=own, has_general=has_general)

    return made


def test_an_evaluation_holds_four_columns_and_whether_the_run_is_good_enough(workspace, learned, evaluate):
    stored = evaluate()
    assert find(workspace.db, Evaluation) == [stored] and stored.is_good_enough is True
    newest = newest_result(workspace, learned.run)
    assert newest and newest[0] == stored
    result = newest[1]
    assert result.columns == ("base", "tuned", "base_with_passage", "tuned_with_passage")
    assert result.rows[0].asked.passage.startswith("The winch holds") or "loaded rope" in result.rows[0].asked.passage
    assert "answers better, and well enough to use" in stored.verdict


def test_a_project_that_asks_for_more_gets_another_verdict(workspace, learned, evaluate):
    update(workspace.db, Project, learned.project.id, good_enough=0.99)
    assert evaluate(too_long=()).is_good_enough is True
    assert "the project asks for 99%" in find(workspace.db, Evaluation)[0].verdict


def test_questions_that_are_too_long_are_named_and_the_rest_graded(workspace, evaluate):
    stored = evaluate(too_long=(2, 5))
    assert stored.question_count == COUNT - 2
    result = stored_result(workspace, stored)
    assert result.too_long == (2, 5) and [row.asked.number for row in result.rows] == [1, 3, 4, 6, 7, 8]
    assert "Questions 2, 5 are too long for the model and not graded." in stored.verdict
    with pytest.raises(InputError, match="All 8 questions are too long"):
        evaluate(too_long=range(1, COUNT + 1))


def test_an_evaluation_on_what_was_trained_on_is_no_proof(evaluate):
    stored = evaluate(trained_on=range(COUNT))
    assert stored.is_good_enough is False
    assert stored.verdict.startswith("Nothing can be told from questions that the model was trained on")


def test_the_general_set_is_asked_after_the_questions_and_counts_in_none_of_their_columns(workspace, learned, evaluate):
    stored = evaluate(has_general=True)
    result = stored_result(workspace, stored)
    assert stored.question_count == result.question_count == COUNT
    found = result.forgetting
    assert found and found.right and found.perplexity
    # the scripted base model knows nothing, the tuned one everything; both read alike
    assert (found.right.base.mean, found.right.tuned.mean, found.perplexity.ratio.mean) == (0.0, 1.0, 1.0)
    assert forgetting_of(workspace, learned.run).startswith("English that is in no document surprises it no more")


def test_without_the_general_set_nothing_is_known_about_forgetting(workspace, learned, evaluate):
    assert stored_result(workspace, evaluate()).forgetting is None
    assert forgetting_of(workspace, learned.run) == ""


def test_a_verdict_says_what_held_out_questions_can_tell(workspace, learned, evaluate, monkeypatch):
    held_out = [{"input": f"What is rope {number}?", "output": f"A rope of {number} meters."} for number in range(COUNT)]
    monkeypatch.setattr(evaluation, "question_rows", lambda *_, **__: held_out)
    assert "They ask about passages" not in evaluate().verdict  # a file of one's own, of which nothing is known
    assert evaluate(is_own=False).verdict.count("They ask about passages that it was not trained on") == 1
    update(workspace.db, DatasetVersion, learned.run.dataset_id, split="wording")
    assert "They ask for facts that it was trained on, in words that it has not seen." in evaluate(is_own=False).verdict


def test_the_questions_of_the_last_evaluation_are_asked_again_though_their_file_is_gone(
    workspace, learned, evaluate, tmp_path
):
    evaluate()
    rows = [json.loads(line) for line in (tmp_path / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    (tmp_path / "questions.jsonl").unlink()
    again = rows_asked_last(workspace, learned.run)
    assert [(row["input"], row["output"]) for row in again] == [(row["input"], row["output"]) for row in rows]
    stored = workspace.evaluation_path(learned.project.id, find(workspace.db, Evaluation)[0].id)
    values = json.loads(stored.read_text(encoding="utf-8"))
    assert values.pop(ASKED_ROWS) == again
    write_atomic(stored, json.dumps(values))  # as it was stored before rows were kept
    assert rows_asked_last(workspace, learned.run) == rows


def test_what_was_held_out_is_asked_where_there_was_no_evaluation(workspace, learned):
    folder = workspace.dataset_folder(learned.project.id, learned.run.dataset_id)
    write_atomic(folder / "heldout.jsonl", json.dumps({"input": "What is a rope?", "output": "A line."}) + "\n")
    assert [row["input"] for row in rows_asked_last(workspace, learned.run)] == ["What is a rope?"]
