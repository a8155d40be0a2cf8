"""A run and its base model, asked questions the run was not trained on → scores, intervals, a verdict in words."""

import json
from pathlib import Path
from typing import Any

from core.errors import Hint, InputError
from core.evaluation import evaluate, verdict
from core.files import sha256_text, write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.questions import read_conversations
from core.questions.dataset import thinned
from core.records import Evaluation, Run, now
from core.run_folder import RunFolder
from core.services.documents.incoming import remove_incoming
from core.services.questions.datasets import read_rows
from core.services.training.answering import Sides, Subject, answer
from core.services.training.runs import base_of
from core.storage import Workspace, find, get, insert


class Params(JobParams):
    """The run, and the file of its questions ("" for those held out) with its `name` as people know it.

    `remove_after` deletes the file once the questions were asked.
    """

    kind = "evaluate"
    run_id: str
    questions: PathText = ""
    name: PathText = ""
    remove_after: bool = False


class Result(JobResult):
    """The evaluation that was stored."""

    kind = "evaluate"
    evaluation_id: str
    verdict: str


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the run belongs to the project and has finished, and that there are questions."""
    run = workspace.finished_run(params.run_id)
    if run.project_id != project_id:
        raise InputError(
            f"Run {run.id} belongs to another project.",
            Hint("Choose a run of this project.", command="garrison runs PROJECT"),
        )
    base_of(workspace, run)
    _questions(workspace, run, params.questions, name=params.name)


def run(context: JobContext, params: Params) -> Result:
    """Run an evaluation job."""
    run = get(context.workspace.db, Run, params.run_id)
    evaluation = evaluate_run(context, run, questions=params.questions, name=params.name)
    if params.questions and params.remove_after:
        remove_incoming([Path(params.questions)])
    return Result(evaluation_id=evaluation.id, verdict=evaluation.verdict)


def _questions(workspace: Workspace, run: Run, path: str, *, name: str = "") -> list[dict[str, Any]]:
    """Return the questions: those of the file at `path` without duplicates, else one or two wordings of each held-out fact.

    Raises:
        InputError: no questions were held out.
    """
    if path:
        talks = read_conversations(Path(path), name=name)
        return [pair.row for pair in dict.fromkeys(pair for talk in talks for pair in talk.learned)]
    rows = read_rows(workspace.dataset_folder(run.project_id, run.dataset_id) / "heldout.jsonl")
    if not rows:
        raise InputError(
            "No questions were held out: the dataset is too small.",
            Hint("Add documents, or bring a file of questions.", command="--questions FILE"),
        )
    return thinned(rows)


def evaluate_run(context: JobContext, run: Run, *, questions: str, name: str = "") -> Evaluation:
    """Ask base and tuned model the same questions, measure their losses on the correct answers, and store the evaluation.

    Returns the evaluation stored by an earlier attempt of this job, if there is one.
    """
    workspace = context.workspace
    evaluation_id = context.begun_id("evaluation")
    if stored := find(workspace.db, Evaluation, id=evaluation_id):
        return stored[0]
    rows = _questions(workspace, run, questions, name=name)
    model = base_of(workspace, run)
    run_folder = workspace.run_folder(run.project_id, run.id)
    subject = Subject(
        path=Path(model.path),
        format=model.format,
        folder=run_folder,
        template=RunFolder(run_folder).read_template(),
        precision=run.settings["precision"],
        cache=workspace.unpacked_folder,
    )
    questions_sha256 = sha256_text(json.dumps(rows, sort_keys=True))
    done, steps = 0, 4 * len(rows)

    def report(count: int) -> None:
        nonlocal done
        done += count
        context.progress(done, steps, unit="answers", message="Answering the questions" if done else "Preparing the models")

    report(0)
    sides = Sides(workspace.job_folder(context.job.id), questions_sha256[:16])
    base, tuned = answer(subject, rows, sides, report)
    result = evaluate(
        rows,
        base_answers=base.answers,
        tuned_answers=tuned.answers,
        base_losses=base.losses,
        tuned_losses=tuned.losses,
    )
    evaluation = Evaluation(
        id=evaluation_id,
        project_id=run.project_id,
        run_id=run.id,
        adapter_sha256=run.adapter_sha256,
        questions_sha256=questions_sha256,
        question_count=len(rows),
        scores=result.as_json()["scores"],
        verdict=verdict(result, is_held_out=not questions),
        created_at=now(),
    )
    write_atomic(
        workspace.evaluation_path(run.project_id, evaluation.id), json.dumps(result.as_json(), ensure_ascii=False, indent=1)
    )
    insert(workspace.db, evaluation)
    sides.remove_files()
    return evaluation
