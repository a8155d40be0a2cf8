"""The train page: three questions, an estimate in words, the run as it goes."""

import json
import os
from dataclasses import replace

import psutil
import pytest

from core.files import write_atomic
from core.questions.filters import BY_HAND
from core.records import Job, QuestionPair, Run, now
from core.run_folder import RunFolder
from core.storage import Workspace, insert, update
from tests.learned import LearnedProject


def start_training(workspace: Workspace, learned: LearnedProject, *, is_cancel_requested: bool = False) -> None:
    """Store a training that this process seems to be at."""
    job = Job(
        id="job-1", kind="train", project_id=learned.project.id, state="running", is_cancel_requested=is_cancel_requested,
        created_at=now(), started_at=now(), pid=os.getpid(), pid_started=psutil.Process().create_time(),
    )  # fmt: skip
    insert(workspace.db, job)


def begin_run(workspace: Workspace, learned: LearnedProject) -> RunFolder:
    """Let the project's run have taken its first step, and no more; return its folder."""
    update(workspace.db, Run, learned.run.id, is_finished=False)
    folder = RunFolder(workspace.run_folder(learned.project.id, learned.run.id))
    write_atomic(folder.metrics, json.dumps({"step": 1, "loss": 2.0}) + "\n")
    return folder


def test_project_without_pairs_is_sent_to_the_questions(open_page, workspace):
    app = open_page("train", project_id=workspace.create_project("Empty").id)
    assert app.button(key="empty-questions").label == "Go to the questions"


def test_page_says_what_how_thorough_and_whether_it_fits(open_page, learned):
    app = open_page("train", project_id=learned.project.id)
    shown = " ".join(element.value for element in app.markdown)
    assert "**3 question pairs** from 1 document" in shown
    assert "Fits:" in shown
    goals = ["Quick look", "Learns the facts", "Learns by heart", "Takes on the style"]
    assert list(app.radio(key="train-goal").options) == goals
    assert app.button(key="start-training").label == "Start training"
    assert list(app.dataframe[0].value["Run"]) == [1]


def test_words_of_the_trade_stand_in_details_alone(open_page, learned):
    app = open_page("train", project_id=learned.project.id)
    outside = " ".join(element.value for element in [*app.markdown, *app.caption]).lower()
    assert not any(word in outside for word in ("epoch", "rank", "learning rate", "lora"))
    assert {"Epochs", "LoRA rank"} <= {field.label for field in app.expander[0].number_input}


def test_value_out_of_range_is_refused_by_core_and_nothing_starts(open_page, learned):
    app = open_page("train", project_id=learned.project.id)
    app.number_input(key="setting-facts-0.001-learning_rate").set_value(2.0).run()
    assert any("learning_rate" in error.value for error in app.error)
    assert not [button for button in app.button if button.key == "start-training"]


def test_run_in_work_shows_its_curve_and_how_it_goes(open_page, workspace, learned):
    rows = [{"step": step, "loss": 3.0 - step / 10, "validation_loss": 3.0 - step / 20} for step in range(1, 6)]
    write_atomic(
        workspace.run_folder(learned.project.id, learned.run.id) / "metrics.jsonl",
        "".join(json.dumps(row) + "\n" for row in rows) + '{"step": 6, "lo',
    )
    app = open_page("train", project_id=learned.project.id)
    assert not app.exception and not app.error
    assert len(app.get("vega_lite_chart")) == 1


@pytest.mark.parametrize(("is_cancelled", "words"), [(False, "is learning"), (True, "is being stopped")])
def test_cancelled_run_is_said_to_be_stopping(open_page, workspace, learned, is_cancelled, words):
    start_training(workspace, learned, is_cancel_requested=is_cancelled)
    begin_run(workspace, learned)
    app = open_page("train", project_id=learned.project.id)
    assert app.subheader[0].value == f"Run 1 {words}"
    assert any("It stops at the next safe point" in text.value for text in app.markdown) == is_cancelled


def test_a_run_at_work_can_be_ended_with_what_it_has_learned(open_page, workspace, learned):
    start_training(workspace, learned)
    folder = begin_run(workspace, learned)
    answers = [{"question": "Who?", "reference": "The pilot.", "answer": answer} for answer in ("A dog.", "The pilot.")]
    lines = [json.dumps({"step": 10 * at, "answers": [answer]}) for at, answer in enumerate(answers)]
    write_atomic(folder.samples, "\n".join(lines) + "\n")
    app = open_page("train", project_id=learned.project.id)
    assert list(app.table[0].value.iloc[0]) == ["The pilot.", "A dog.", "The pilot."]
    app.button(key="stop-and-keep").click().run()
    assert folder.stop_request.exists()
    assert any("ends after this step" in caption.value for caption in app.caption)


def test_a_run_that_is_not_there_yet_is_being_prepared(open_page, workspace, learned):
    start_training(workspace, learned)
    app = open_page("train", project_id=learned.project.id)
    assert app.subheader[0].value == "The run is being prepared"


def test_less_time_shows_each_fact_fewer_times_and_says_so(open_page, learned, monkeypatch):
    monkeypatch.setattr("core.training.fit.START_S", 0.0)
    monkeypatch.setattr("core.training.fit.REFERENCE_SPEED", 1.0)
    app = open_page("train", project_id=learned.project.id)
    app.selectbox(key="train-minutes").set_value(10).run()
    assert "in place of 15" in str(app.table[0].value)


def test_too_little_memory_takes_less_exact_numbers_and_offers_what_else_helps(open_page, learned, monkeypatch):
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=10**8))
    app = open_page("train", project_id=learned.project.id)
    assert app.selectbox(key="setting-facts-4bit-precision").value == "4bit"
    app.button(key="use-small").click().run()
    assert app.number_input(key="setting-facts-8-batch_size").value == 2


def test_finished_run_is_offered_for_comparison(open_page, workspace, learned):
    app = open_page("train", project_id=learned.project.id)
    assert app.button(key="go-evaluate").label == "Compare with the base model"
    update(workspace.db, Run, learned.run.id, is_finished=False)
    assert not [button for button in app.run().button if button.key == "go-evaluate"]


def test_when_every_pair_was_dropped_the_page_says_so(open_page, workspace, learned):
    for pair in learned.pairs:
        update(workspace.db, QuestionPair, pair.id, state="dropped", reason="by hand")
    app = open_page("train", project_id=learned.project.id)
    assert any("Every question pair was dropped" in element.value for element in app.markdown)


def test_pairs_of_a_withdrawn_approval_are_not_offered_for_training(open_page, workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed")
    app = open_page("train", project_id=learned.project.id)
    assert app.button(key="empty-review").label == "Review and approve"
    assert not [button for button in app.button if button.key == "start-training"]


def test_runs_are_compared_by_curve_settings_and_what_they_took(open_page, workspace, learned):
    other = replace(
        learned.run, id="run-2", number=2, settings={**learned.run.settings, "lora_rank": 64},
        metrics={"validation_loss": 1.25, "seconds": 600.0, "peak_memory_bytes": 2_000_000_000},
    )  # fmt: skip
    insert(workspace.db, other)
    app = open_page("train", project_id=learned.project.id)
    (shown,) = [table.value for table in app.table if "Run 2" in table.value.columns]
    assert list(shown.loc["LoRA rank"]) == ["64", str(learned.run.settings["lora_rank"])]
    assert shown.loc["Time", "Run 2"] == "10 minutes"
    assert "Epochs" not in shown.index


def test_a_training_may_begin_with_what_a_run_has_learned(open_page, workspace, learned):
    update(workspace.db, Run, learned.run.id, settings={**learned.run.settings, "lora_rank": 32, "lora_alpha": 64})
    app = open_page("train", project_id=learned.project.id)
    assert list(app.selectbox(key="train-start").options) == ["the model as it is", "what run 1 has learned"]
    assert not [field for field in app.number_input if field.key == "setting-facts-32-lora_rank"]
    app.selectbox(key="train-start").set_value("run-1").run()
    assert app.number_input(key="setting-facts-32-lora_rank").value == 32
    write_atomic(workspace.dataset_folder(learned.project.id, "dataset-1") / "train.jsonl", "")
    app.button(key="start-training").click().run()
    assert any("adapter of run 1 is gone" in error.value for error in app.error)


def test_all_weights_are_chosen_with_a_warning_and_a_way_back(open_page, learned, monkeypatch):
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=2 * 10**9))
    app = open_page("train", project_id=learned.project.id)
    assert not app.warning
    app.selectbox(key="train-method").set_value("full").run()
    assert any("found to harm" in warning.value for warning in app.warning)
    assert app.number_input(key="setting-facts-0.0001-learning_rate").value == 1e-4
    app.button(key="use-adapter").click().run()
    assert app.selectbox(key="train-method").value == "lora" and not app.warning


def test_learning_from_what_reviewers_preferred_says_how_much_there_is(open_page, workspace, learned):
    app = open_page("train", project_id=learned.project.id)
    app.selectbox(key="train-objective").set_value("dpo").run()
    assert any("No answer was preferred" in warning.value for warning in app.warning)
    worse = replace(learned.pairs[0], id="worse", output="Much.", state="dropped", decided="dropped", reason=BY_HAND.name)
    insert(workspace.db, worse)
    app.run()
    assert any("1 question with an answer" in info.value for info in app.info)
    assert app.number_input(key="setting-facts-5e-05-learning_rate").value == 5e-5


def test_one_run_alone_is_not_compared(open_page, learned):
    app = open_page("train", project_id=learned.project.id)
    assert not [field for field in app.multiselect if field.key == "compared-runs"]
