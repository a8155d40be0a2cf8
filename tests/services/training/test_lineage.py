"""Runs that go on from another one: what is refused, and what counts as trained on."""

import json
from dataclasses import replace

import pytest

from core.errors import InputError, SetupError
from core.files import sha256_folder, write_atomic
from core.jobs.context import JobContext
from core.records import Job, Run, new_id, now
from core.run_folder import RunFolder
from core.services.training import runs
from core.services.training.lineage import approvals_behind, check_start, inherited, lineage, startable, trained_rows
from core.services.training.question_set import question_set
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.storage import get, insert, update


def write_rows(workspace, run: Run, dataset_id: str, *rows: dict[str, str]) -> None:
    folder = workspace.dataset_folder(run.project_id, dataset_id)
    write_atomic(folder / "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write_atomic(folder / "heldout.jsonl", "")


@pytest.fixture
def base(workspace):
    return runs.find_trainable(workspace, EMBEDDED_MODEL)


@pytest.fixture
def first(workspace, learned, base) -> Run:
    """The project's first run, with an adapter whose hash is stored."""
    adapter = RunFolder(workspace.run_folder(learned.project.id, learned.run.id)).adapter
    write_atomic(adapter / "adapter_model.safetensors", "weights")
    write_rows(workspace, learned.run, "dataset-1", {"input": "Old?", "output": "Yes.", "review_id": "review-1"})
    settings = {**learned.run.settings, "lora_rank": 8, "lora_alpha": 16}
    told = {"adapter_sha256": sha256_folder(adapter), "settings": settings, "model_sha256": base.sha256}
    update(workspace.db, Run, learned.run.id, **told)
    return get(workspace.db, Run, learned.run.id)


@pytest.fixture
def second(workspace, first) -> Run:
    """A run on other rows that went on from the first."""
    version = replace(runs.version_of(workspace, get_project(workspace, first), "dataset-1"), id="dataset-2", number=2)
    insert(workspace.db, version)
    write_rows(workspace, first, "dataset-2", {"input": "New?", "output": "No.", "review_id": "review-2"})
    run = replace(first, id="run-2", number=2, dataset_id="dataset-2", settings=first.settings | inherited(first))
    insert(workspace.db, run)
    return run


def get_project(workspace, run):
    from core.records import Project

    return get(workspace.db, Project, run.project_id)


def settings_of(run: Run, **changes) -> TrainingSettings:
    return TrainingSettings.from_values({**inherited(run), **changes})


def test_a_run_of_the_same_model_with_its_adapter_in_place_is_taken(workspace, first, base):
    assert check_start(workspace, first.project_id, base, settings_of(first)) == first
    assert [run.id for run in startable(workspace, get_project(workspace, first), base)] == ["run-1"]
    renamed = replace(base, name="the same bytes under another name")
    assert check_start(workspace, first.project_id, renamed, settings_of(first)) == first


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda run: {"is_finished": False}, "has not finished"),
        (lambda run: {"model_sha256": "e" * 64}, "their bytes differ"),
        (lambda run: {"settings": {**run.settings, "canaries": 2}}, "planted sentences"),
        (lambda run: {"settings": {**run.settings, "method": "full"}}, "no adapter to go on with"),
    ],
)
def test_what_cannot_be_gone_on_from_is_refused_and_not_offered(workspace, first, base, change, told):
    update(workspace.db, Run, first.id, **change(first))
    with pytest.raises(InputError, match=told):
        check_start(workspace, first.project_id, base, settings_of(first))
    assert startable(workspace, get_project(workspace, first), base) == []


def test_a_run_of_another_project_is_refused(workspace, first, base):
    with pytest.raises(InputError, match="another project"):
        check_start(workspace, workspace.create_project("Other").id, base, settings_of(first))


@pytest.mark.parametrize("change", [{"lora_rank": 16}, {"method": "dora"}, {"layers": "mlp"}])
def test_an_adapter_keeps_its_kind_size_and_layers(workspace, first, base, change):
    with pytest.raises(InputError, match="keeps its kind") as error:
        check_start(workspace, first.project_id, base, settings_of(first, **change))
    (name,) = change
    assert f"--set {name}={first.settings[name]}" in str(error.value.hint.command)


def test_an_adapter_that_changed_or_is_gone_is_named(workspace, first, base):
    adapter = RunFolder(workspace.run_folder(first.project_id, first.id)).adapter
    write_atomic(adapter / "adapter_model.safetensors", "other weights")
    with pytest.raises(SetupError, match="run 1 is damaged"):
        check_start(workspace, first.project_id, base, settings_of(first))
    (adapter / "adapter_model.safetensors").unlink()
    adapter.rmdir()
    with pytest.raises(SetupError, match="run 1 is gone"):
        check_start(workspace, first.project_id, base, settings_of(first))


def test_what_an_earlier_run_learned_from_text_withdrawn_since_is_not_gone_on_from(workspace, first, base):
    workspace.withdraw_approval("document-1", reason="a name was missed")
    with pytest.raises(InputError, match="withdrawn since it was trained"):
        check_start(workspace, first.project_id, base, settings_of(first))


def test_rows_and_approvals_of_all_runs_before_count_as_those_of_a_run(workspace, first, second):
    assert lineage(workspace, second) == [second, first]
    assert [row["input"] for row in trained_rows(workspace, second)] == ["New?", "Old?"]
    assert approvals_behind(workspace, second) == {"review-1", "review-2"}
    asked = question_set(workspace, second, [{"input": "Old?", "output": "Yes."}, {"input": "Other?", "output": "No."}])
    assert asked.was_trained_on == (True, False)
    assert [row["input"] for row in trained_rows(workspace, first)] == ["Old?"]


def test_a_job_hands_the_adapter_on_and_the_run_says_what_it_went_on_from(workspace, first, handed):
    job = Job(id=new_id("job"), kind="train", project_id=first.project_id, created_at=now())
    insert(workspace.db, job)
    params = runs.Params(model=EMBEDDED_MODEL, settings=settings_of(first).in_full(), dataset_id="dataset-1")
    runs.check(workspace, first.project_id, params)
    result = runs.run(JobContext(workspace, job), params)
    assert handed["start"] == RunFolder(workspace.run_folder(first.project_id, first.id)).adapter
    made = get(workspace.db, Run, result.run_id)
    assert made.settings["start_run"] == first.id
    assert (made.risk["documents"], made.settings["lora_rank"]) == (1, 8)
