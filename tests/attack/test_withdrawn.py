"""What was approved when a training began and withdrawn since is not trained on any more, running or resumed."""

import json
from pathlib import Path

import pytest

from core.errors import InputError
from core.identity import declared
from core.jobs.context import JobContext
from core.records import Document, Job, Project, QuestionPair, Run, new_id, now
from core.services import review
from core.services.questions import pair_import, trainable
from core.services.questions.freezing.version import freeze
from core.services.training import runs as training
from core.settings import TrainingSettings
from core.storage import Workspace, find, insert, update
from tests.unread import approve_all_unread

pytestmark = pytest.mark.model

MODEL = "smollm2-135m-instruct"


@pytest.fixture
def project(workspace: Workspace, tmp_path: Path) -> Project:
    """A project with approved pairs."""
    project = workspace.create_project("a", policy="all-at-once")
    file = tmp_path / "pairs.jsonl"
    rows = [{"input": f"What is part {n} for?", "output": f"Part {n} holds the pump in place."} for n in range(10)]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pair_import.run(new_context(workspace, project, "import"), pair_import.Params(path=str(file), name=file.name))
    approve_all_unread(workspace, project, by=declared("Ada"))
    return project


def new_context(workspace: Workspace, project: Project, kind: str) -> JobContext:
    job = Job(id=new_id("job"), kind=kind, project_id=project.id, created_at=now())
    insert(workspace.db, job)
    return JobContext(workspace, job)


def test_a_resumed_training_refuses_rows_whose_approval_was_withdrawn(workspace: Workspace, project: Project) -> None:
    settings = TrainingSettings(max_steps=1)
    context = new_context(workspace, project, "train")
    training._new_run(context, project, model=training.find_trainable(workspace, MODEL), settings=settings)
    review.withdraw(workspace, find(workspace.db, Document)[0], by=declared("Bob"), reason="a name was missed")
    with pytest.raises(InputError, match="withdrawn since it began"):  # before any model is loaded
        training.train_run(context, project, model_name=MODEL, settings=settings)


class _WithdrawingContext(JobContext):
    """A job during whose first step somebody withdraws the approval."""

    steps = 0

    def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
        super().progress(done, total, unit=unit, message=message)
        self.steps += unit == "%"  # as reported after each step
        if self.steps == 1 and unit == "%":
            review.withdraw(
                self.workspace, find(self.workspace.db, Document)[0], by=declared("Bob"), reason="a name was missed"
            )


def test_a_running_training_ends_at_the_step_after_an_approval_was_withdrawn(
    unpacked_home: Path, workspace: Workspace, project: Project
) -> None:
    settings = TrainingSettings(max_steps=4, batch_size=2, lora_rank=2)
    job = new_context(workspace, project, "train").job
    context = _WithdrawingContext(workspace, job)
    with pytest.raises(InputError, match="withdrawn since it began"):
        training.train_run(context, project, model_name=MODEL, settings=settings)
    assert context.steps == 1
    (run,) = find(workspace.db, Run)
    assert not run.is_finished and not (workspace.run_folder(project.id, run.id) / "adapter").exists()


def test_pairs_of_an_earlier_approval_are_to_be_written_again(workspace: Workspace, project: Project) -> None:
    for pair in find(workspace.db, QuestionPair):
        update(workspace.db, QuestionPair, pair.id, origin="generated", review_id="review-earlier")
    with pytest.raises(InputError) as refused:
        trainable.reviewed_pairs(workspace, project)
    assert refused.value.hint.command.startswith("garrison questions generate")


def test_a_frozen_dataset_does_not_move_when_its_document_changes(workspace: Workspace, project: Project) -> None:
    frozen = freeze(workspace, project)
    before = (workspace.dataset_folder(project.id, frozen.id) / "train.jsonl").read_bytes()
    assert freeze(workspace, project).id == frozen.id
    document = find(workspace.db, Document)[0]
    review.add(workspace, document, start=18, end=24, entity="REFERENCE", by=declared("Ada"))
    approve_all_unread(workspace, project, by=declared("Ada"))
    later = freeze(workspace, project)
    assert (later.number, frozen.number) == (2, 1)
    assert (workspace.dataset_folder(project.id, frozen.id) / "train.jsonl").read_bytes() == before
