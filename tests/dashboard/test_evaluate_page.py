"""The evaluate page: the verdict first, the worst answers next, what to do with that."""

import json

import pytest

from core.evaluation import evaluate, verdict
from core.files import write_atomic
from core.records import DatasetVersion, Evaluation, now
from core.services.training.evaluation import Params
from core.storage import insert, update

REFERENCE = "twelve tonnes on the first layer"


@pytest.fixture
def evaluated(workspace, learned):
    """A function that stores an evaluation of the run, given the tuned model's answers."""

    def store(tuned: list[str], *, base: str = "a kind of machine") -> None:
        result = evaluate(
            [{"input": f"Question {number}?", "output": REFERENCE} for number in range(len(tuned))],
            base_answers=[base] * len(tuned),
            tuned_answers=tuned,
            base_losses=[3.0] * len(tuned),
            tuned_losses=[1.0] * len(tuned),
        )
        evaluation = Evaluation(
            id="evaluation-1", project_id=learned.project.id, run_id=learned.run.id, adapter_sha256="", questions_sha256="",
            question_count=len(tuned), scores=result.as_json()["scores"], verdict=verdict(result), created_at=now(),
        )  # fmt: skip
        write_atomic(workspace.evaluation_path(learned.project.id, evaluation.id), json.dumps(result.as_json()))
        insert(workspace.db, evaluation)

    return store


def primary_buttons(app) -> list[str]:
    return [button.label for button in app.button if button.proto.type == "primary"]


def test_project_without_a_run_is_sent_to_train(open_page, workspace):
    app = open_page("evaluate", project_id=workspace.create_project("Empty").id)
    assert app.button(key="empty-train").label == "Train a model"


def test_run_without_evaluation_offers_the_comparison_alone(open_page, learned):
    app = open_page("evaluate", project_id=learned.project.id)
    assert primary_buttons(app) == ["Compare with the base model"]
    assert not app.subheader


def test_better_model_is_called_better_and_offered_for_use(open_page, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "better than the base model" in app.subheader[0].value
    # token F1 of an equal answer is 1, of one without a common word 0: the interval has no width
    assert any(
        "share 100% of their words" in part.value and "between 100 and 100 points" in part.value for part in app.markdown
    )
    assert primary_buttons(app) == ["Use this model"]


def test_worse_model_is_called_worse_and_training_comes_next(open_page, learned, evaluated):
    evaluated(["a kind of engine"] * 8, base=REFERENCE)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "answers worse" in app.subheader[0].value
    assert any("the loss would lie between 100 and 100 points" in part.value for part in app.markdown)
    assert primary_buttons(app) == ["Train again"]


def test_few_questions_are_no_proof(open_page, learned, evaluated):
    evaluated([REFERENCE] * 5)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "cannot be told" in app.subheader[0].value
    shown = [part.value for part in app.markdown]
    assert any("at least 6 questions are needed" in text for text in shown)
    assert not any("95 times in 100" in text for text in shown)
    (chart,) = app.get("vega_lite_chart")
    assert "95 times" not in chart.proto.spec and "low" not in chart.proto.spec


def test_worst_answer_comes_first_beside_base_and_reference(open_page, learned, evaluated):
    evaluated([REFERENCE] * 11 + ["nothing of the kind"])
    app = open_page("evaluate", project_id=learned.project.id)
    shown = [element.value for element in app.text]
    start = shown.index("Question 11?")
    assert shown[start : start + 4] == ["Question 11?", REFERENCE, "a kind of machine", "nothing of the kind"]
    assert all(shown.index(text) > start for text in shown if text.startswith("Question") and text != "Question 11?")


def test_words_of_the_trade_stand_in_details_alone(open_page, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    outside = " ".join(element.value for element in [*app.markdown, *app.caption, *app.subheader])
    assert not any(word in outside for word in ("F1", "ROUGE", "bootstrap", "quantile"))


def test_broken_question_file_is_refused_in_place(open_page, workspace, learned):
    app = open_page("evaluate", project_id=learned.project.id)
    app.file_uploader(key="own-questions").upload("own.jsonl", b"not json\n").run()
    app.button(key="start-evaluation").click().run()
    assert "own.jsonl: line 1" in app.error[0].value
    assert not list((workspace.home / "incoming").glob("*/*"))


def test_a_file_of_questions_is_deleted_once_they_were_asked(open_page, workspace, learned, monkeypatch):
    """It was put aside for the job alone; nobody else would delete it."""
    queued: list[Params] = []
    monkeypatch.setattr(
        "dashboard.components.questions.pair_files.jobs.submit", lambda _workspace, params, **_named: queued.append(params)
    )
    app = open_page("evaluate", project_id=learned.project.id)
    app.file_uploader(key="own-questions").upload("own.jsonl", b'{"input": "Why?", "output": "Because."}\n').run()
    app.button(key="start-evaluation").click().run()
    assert [(params.run_id, params.name, params.remove_after) for params in queued] == [(learned.run.id, "own.jsonl", True)]


def test_run_without_held_back_questions_asks_for_a_file(open_page, workspace, learned):
    update(workspace.db, DatasetVersion, learned.run.dataset_id, heldout_count=0)
    app = open_page("evaluate", project_id=learned.project.id)
    assert app.button(key="start-evaluation").disabled
    assert any("bring a file of questions" in caption.value for caption in app.caption)
    app.file_uploader(key="own-questions").upload("own.jsonl", b'{"input": "Why?", "output": "Because."}\n').run()
    assert not app.button(key="start-evaluation").disabled
