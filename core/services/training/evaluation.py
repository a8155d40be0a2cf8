"""A run and its base model, asked questions alone and with a passage → scores, intervals, a verdict in words."""

import json
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

from core.errors import InputError, JobCancelled, SetupError
from core.evaluation import Answers, EvaluationResult, evaluate, judge, verdict
from core.evaluation.comparison import Embed
from core.files import sha256_text, write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.models import registry
from core.models.embedder import EMBEDDING_MODEL, TOKENIZER, open_embedder
from core.records import Evaluation, Job, Project, Run, now
from core.run_folder import RunFolder
from core.services.documents.incoming import remove_incoming
from core.services.training import runs
from core.services.training.answering import Asked, Side, Sides, Subject, answer
from core.services.training.lineage import check_belongs
from core.services.training.question_set import QuestionSet, question_rows, question_set
from core.services.training.runs import base_of
from core.storage import Workspace, find, get, insert


class Params(JobParams):
    """The run, and the file of its questions ("" for those held out) with its `name` as people know it.

    `remove_after` deletes the file once the questions were asked. In place of the run, `train_job_id` may name the job that
    trains it, which is queued before this one.
    """

    kind = "evaluate"
    run_id: str = ""
    train_job_id: str = ""
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
    if params.train_job_id:
        _check_trains(workspace, project_id, params.train_job_id)
        return
    run = workspace.finished_run(params.run_id)
    check_belongs(run, project_id)
    base_of(workspace, run)
    question_rows(workspace, run, params.questions, name=params.name)


def run(context: JobContext, params: Params) -> Result:
    """Run an evaluation job."""
    run = get(context.workspace.db, Run, params.run_id or _trained_by(context.workspace, params.train_job_id))
    evaluation = evaluate_run(context, run, questions=params.questions, name=params.name)
    if params.questions and params.remove_after:
        remove_incoming([Path(params.questions)])
    return Result(evaluation_id=evaluation.id, verdict=evaluation.verdict)


def _check_trains(workspace: Workspace, project_id: str, job_id: str) -> None:
    job = get(workspace.db, Job, job_id)
    if (job.kind, job.project_id) != (runs.Params.kind, project_id):
        raise InputError(f"Job {job_id} does not train a model in this project.", "Choose a training of this project.")


def _trained_by(workspace: Workspace, job_id: str) -> str:
    """Return the id of the run that a job has trained.

    Raises:
        JobCancelled: the job has not come to its end.
    """
    trained = runs.Result.find(get(workspace.db, Job, job_id))
    if trained is None:
        raise JobCancelled("The training that this compares did not come to its end.", "Resume the training, then this.")
    return trained.run_id


def evaluate_run(context: JobContext, run: Run, *, questions: str, name: str = "") -> Evaluation:
    """Ask base and tuned model the same questions, alone and with a passage, measure their losses, and store the evaluation.

    Returns the evaluation stored by an earlier attempt of this job, if there is one.
    """
    workspace = context.workspace
    evaluation_id = context.begun_id("evaluation")
    if stored := find(workspace.db, Evaluation, id=evaluation_id):
        return stored[0]
    rows = question_rows(workspace, run, questions, name=name)
    asked = question_set(workspace, run, rows)
    sources = [asdict(source) if source else None for source in asked.sources]
    sides = Sides(workspace.job_folder(context.job.id), sha256_text(json.dumps([rows, sources], sort_keys=True))[:16])
    result = _graded(asked, *_answered(context, run, asked, sides), embed=_embed(workspace))
    judged = judge(result, bound=get(workspace.db, Project, run.project_id).good_enough)
    told = result.as_json()
    evaluation = Evaluation(
        id=evaluation_id,
        project_id=run.project_id,
        run_id=run.id,
        adapter_sha256=run.adapter_sha256,
        questions_sha256=sha256_text(json.dumps(rows, sort_keys=True)),
        question_count=result.question_count,
        scores=told["scores"],
        verdict=verdict(result, judged, is_held_out=not questions),
        is_good_enough=judged.is_good_enough,
        created_at=now(),
    )
    write_atomic(workspace.evaluation_path(run.project_id, evaluation.id), json.dumps(told, ensure_ascii=False, indent=1))
    insert(workspace.db, evaluation)
    sides.remove_files()
    return evaluation


def _answered(context: JobContext, run: Run, asked: QuestionSet, sides: Sides) -> tuple[Side, Side]:
    """Have base and run answer all questions alone, then with their passages; return both sides, each of twice N answers."""
    workspace = context.workspace
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
    alone = [Asked(row=row) for row in asked.rows]
    with_passage = [Asked(row=row, source=source) for row, source in zip(asked.rows, asked.sources, strict=True)]
    done, steps = 0, 8 * len(alone)

    def report(count: int) -> None:
        nonlocal done
        done += count
        context.progress(done, steps, unit="answers", message="Answering the questions" if done else "Preparing the models")

    report(0)
    return answer(subject, [*alone, *with_passage], sides, report)


def _graded(asked: QuestionSet, base: Side, tuned: Side, *, embed: Embed | None) -> EvaluationResult:
    """Grade the four columns; questions that are too long for the model are left out of all of them."""
    count = len(asked.rows)
    kept = [place for place in range(count) if base.answers[place] is not None]

    def column(side: Side, first: int) -> Answers:
        places = [first + place for place in kept]
        return Answers([side.answers[place] or "" for place in places], [side.losses[place] or 0.0 for place in places])

    return evaluate(
        [asked.question(place) for place in kept],
        {
            "base": column(base, 0),
            "tuned": column(tuned, 0),
            "base_with_passage": column(base, count),
            "tuned_with_passage": column(tuned, count),
        },
        too_long=[place + 1 for place in range(count) if base.answers[place] is None],
        embed=embed,
    )


def _embed(workspace: Workspace) -> Embed | None:
    """Return what makes embeddings; None if the network is not on this machine."""
    folders = registry.model_folders(workspace.home)
    try:
        weights, tokenizer = (Path(registry.find_model(folders, name).path) for name in (EMBEDDING_MODEL, TOKENIZER))
    except SetupError:
        return None
    opened = cache(partial(open_embedder, weights, tokenizer))
    return lambda texts: opened().embed(texts)
