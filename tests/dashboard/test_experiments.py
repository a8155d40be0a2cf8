"""Several trainings at once, on the page Train: what is chosen, how long it takes, what came of it."""

import os
from dataclasses import replace

import psutil
import pytest

from core.jobs import submit, worker
from core.records import Evaluation, Experiment, Job, Run, now
from core.services.training.experiments.job import params_of
from core.services.training.experiments.plan import Choice, plan
from core.settings import EMBEDDED_MODEL
from core.storage import find, insert, update

INTERVAL = {"mean": 0.5, "low": 0.4, "high": 0.6}


@pytest.fixture
def begun(workspace, learned, waiting_jobs) -> Experiment:
    choice = Choice(models=(EMBEDDED_MODEL,), goal="quick", values={"lora_rank": ("8", "16")})
    params = params_of(plan(workspace, learned.project, choice))
    worker.run_job(workspace, submit(workspace, params, project_id=learned.project.id).id)
    return find(workspace.db, Experiment)[0]


def finish(workspace, learned, experiment) -> None:
    """Store what the jobs of the first variant would leave; the second failed."""
    run = replace(
        learned.run, id="run-2", number=2,
        metrics={"seconds": 600.0, "peak_memory_bytes": 2 * 10**9, "weights_bytes": 5 * 10**8},
    )  # fmt: skip
    evaluation = Evaluation(
        id="evaluation-1", project_id=learned.project.id, run_id=run.id, adapter_sha256=None, questions_sha256="",
        question_count=20, verdict="Better.", created_at=now(),
        scores={"token_f1": {"base": INTERVAL, "tuned": INTERVAL, "difference": INTERVAL}},
    )  # fmt: skip
    insert(workspace.db, run)
    insert(workspace.db, evaluation)
    first, second = experiment.variants
    update(workspace.db, Job, first.train_job_id, state="done", result={"run_id": run.id, "metrics": {}})
    told = {"evaluation_id": evaluation.id, "verdict": "Better."}
    update(workspace.db, Job, first.evaluate_job_id, state="done", result=told)
    update(workspace.db, Job, second.train_job_id, state="failed", error="The disk is full.")
    update(workspace.db, Job, second.evaluate_job_id, state="cancelled")


def test_nothing_is_started_before_there_is_something_to_compare_or_while_a_value_is_wrong(open_page, learned):
    app = open_page("train", project_id=learned.project.id)
    assert any("compares two trainings or more" in caption.value for caption in app.caption)
    assert not [button for button in app.button if button.key == "start-experiment"]
    app.multiselect(key="experiment-varied").set_value(["lora_rank"]).run()
    app.text_input(key="experiment-lora_rank").set_value("8, many").run()
    assert not app.exception and any("lora_rank" in caption.value for caption in app.caption)
    assert not [button for button in app.button if button.key == "start-experiment"]


def test_values_to_compare_are_told_with_the_time_of_all_and_started(open_page, workspace, learned, waiting_jobs):
    app = open_page("train", project_id=learned.project.id)
    app.multiselect(key="experiment-varied").set_value(["lora_rank"]).run()
    app.text_input(key="experiment-lora_rank").set_value("8, 16, 8").run()
    assert any("**2 trainings**, one after the other" in text.value for text in app.markdown)
    app.button(key="start-experiment").click().run()
    assert not app.exception and not app.error
    (job,) = find(workspace.db, Job)
    assert job.kind == "experiment"
    assert [each["settings"]["lora_rank"] for each in job.params["variants"]] == [8, 16]


def test_trainings_at_work_are_shown_and_canceled(open_page, workspace, learned, begun):
    app = open_page("train", project_id=learned.project.id)
    (shown,) = [table.value for table in app.dataframe if "LoRA rank" in table.value.columns]
    assert list(shown["State"]) == ["waiting", "waiting"] and list(shown["LoRA rank"]) == ["8", "16"]
    at_work = begun.variants[0].train_job_id
    process = {"pid": os.getpid(), "pid_started": psutil.Process().create_time()}
    update(workspace.db, Job, at_work, state="running", started_at=now(), **process)
    assert app.run().button(key=f"cancel-{at_work}")  # followed is the one that runs, not the one queued last
    update(workspace.db, Job, at_work, state="queued", pid=None)
    app.run().button(key="cancel-experiment").click().run()
    assert {job.state for job in find(workspace.db, Job) if job.kind != "experiment"} == {"cancelled"}


def test_what_came_of_it_is_a_table_a_chart_and_a_recommendation(open_page, workspace, learned, begun):
    finish(workspace, learned, begun)
    app = open_page("train", project_id=learned.project.id)
    (shown,) = [table.value for table in app.dataframe if "LoRA rank" in table.value.columns]
    assert list(shown["Number"]) == ["1 ★", "2"] and list(shown["State"]) == ["done", "failed"]
    assert shown["Shared words"][0] == "50% (40% to 60%)" and shown["Time"][0] == "10 minutes"
    assert any("Take number 1" in text.value for text in app.markdown)
    assert any("Number 2: The disk is full." in caption.value for caption in app.caption)
    app.button(key="resume-experiment").click().run()
    assert {job.state for job in find(workspace.db, Job)} == {"done", "queued"}
    assert find(workspace.db, Run, id="run-2")
