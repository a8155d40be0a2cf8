"""A run and its base model, asked questions alone and with a passage → scores, intervals, a verdict in words."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

from core.errors import InputError, JobCancelled, SetupError
from core.evaluation import Answers, EvaluationResult, evaluate, judge, verdict
from core.evaluation.comparison import Embed
from core.evaluation.forgetting import Forgetting, compared, general_paragraphs, general_questions
from core.files import sha256_text, write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.models import registry
from core.models.embedder import EMBEDDING_MODEL, TOKENIZER, open_embedder
from core.questions.dataset import TESTED
from core.records import DatasetVersion, Evaluation, Job, Project, Run, now
from core.run_folder import RunFolder
from core.services.documents.incoming import remove_incoming
from core.services.training import runs
from core.services.training.answering import Asked, Side, Sides, Subject, answer, read_only
from core.services.training.lineage import check_belongs
from core.services.training.question_set import ASKED_ROWS, QuestionSet, question_rows, question_set, rows_asked_last
from core.services.training.runs import base_of
from core.storage import Workspace, find, get, insert

GENERAL_TOKENS = 32  # of an answer to an everyday question: a sentence


class Params(JobParams):
    """The run, and the file of its questions ("" for those held out) with its `name` as people know it.

    `remove_after` deletes the file once the questions were asked. In place of the run, `train_job_id` may name the job that
    trains it, which is queued before this one. In place of a file, `asks_like` may name a run: the questions of its last
    evaluation are asked again, or those held out for it. `has_general` asks the general set, too.
    """

    kind = "evaluate"
    run_id: str = ""
    train_job_id: str = ""
    questions: PathText = ""
    name: PathText = ""
    remove_after: bool = False
    asks_like: str = ""
    has_general: bool = True


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
    if params.asks_like:
        check_belongs(get(workspace.db, Run, params.asks_like), project_id)
        return
    question_rows(workspace, run, params.questions, name=params.name)


def run(context: JobContext, params: Params) -> Result:
    """Run an evaluation job."""
    run = get(context.workspace.db, Run, params.run_id or _trained_by(context.workspace, params.train_job_id))
    again = get(context.workspace.db, Run, params.asks_like) if params.asks_like else None
    evaluation = evaluate_run(
        context, run, questions=params.questions, name=params.name, asks_like=again, has_general=params.has_general
    )
    if params.questions and params.remove_after:
        remove_incoming([Path(params.questions)])
    return Result(evaluation_id=evaluation.id, verdict=evaluation.verdict)


def _check_trains(workspace: Workspace, project_id: str, job_id: str) -> None:
    job = get(workspace.db, Job, job_id)
    if (job.kind, job.project_id) != (runs.Params.kind, project_id):
        raise InputError(f"Job {job_id} does not train a model in this project.", "Choose a training of this project.")


def check_evaluates(job: Job, project_id: str) -> None:
    """Raise unless a job evaluates a run of this project.

    Raises:
        InputError: it does not.
    """
    if (job.kind, job.project_id) != (Params.kind, project_id):
        raise InputError(f"Job {job.id} evaluates no run in this project.", "Choose an evaluation of this project.")


def _trained_by(workspace: Workspace, job_id: str) -> str:
    """Return the id of the run that a job has trained.

    Raises:
        JobCancelled: the job has not come to its end.
    """
    trained = runs.Result.find(get(workspace.db, Job, job_id))
    if trained is None:
        raise JobCancelled("The training that this compares did not come to its end.", "Resume the training, then this.")
    return trained.run_id


def evaluate_run(
    context: JobContext,
    run: Run,
    *,
    questions: str,
    name: str = "",
    asks_like: Run | None = None,
    has_general: bool = True,
) -> Evaluation:
    """Ask base and tuned model the same questions, alone and with a passage, measure their losses, and store the evaluation.

    With `asks_like` they are the questions of that run's last evaluation, whatever file they came from. With `has_general`
    both answer the everyday questions and read the paragraphs of the general set, too.
    Returns the evaluation stored by an earlier attempt of this job, if there is one.
    """
    workspace = context.workspace
    evaluation_id = context.begun_id("evaluation")
    if earlier := find(workspace.db, Evaluation, id=evaluation_id):
        return earlier[0]
    rows = rows_asked_last(workspace, asks_like) if asks_like else question_rows(workspace, run, questions, name=name)
    is_held_out = not questions and asks_like is None
    asked = question_set(workspace, run, rows)
    alone = [Asked(row=row) for row in asked.rows]
    with_passage = [Asked(row=row, source=source) for row, source in zip(asked.rows, asked.sources, strict=True)]
    everything = [*alone, *with_passage, *(general_set() if has_general else [])]
    told = json.dumps([asdict(each) for each in everything], sort_keys=True)
    sides = Sides(workspace.job_folder(context.job.id), sha256_text(told)[:16])
    result = _graded(asked, *_answered(context, run, everything, sides), embed=_embed(workspace))
    version = get(workspace.db, DatasetVersion, run.dataset_id)
    judged = judge(result, bound=get(workspace.db, Project, run.project_id).good_enough)
    stored = result.as_json() | {ASKED_ROWS: rows}
    evaluation = Evaluation(
        id=evaluation_id,
        project_id=run.project_id,
        run_id=run.id,
        adapter_sha256=run.adapter_sha256,
        questions_sha256=sha256_text(json.dumps(rows, sort_keys=True)),
        question_count=result.question_count,
        scores=stored["scores"],
        verdict=verdict(result, judged, tested=TESTED[version.split] if is_held_out else "", is_held_out=is_held_out),
        is_good_enough=judged.is_good_enough,
        created_at=now(),
    )
    write_atomic(workspace.evaluation_path(run.project_id, evaluation.id), json.dumps(stored, ensure_ascii=False, indent=1))
    insert(workspace.db, evaluation)
    sides.remove_files()
    return evaluation


def general_set() -> list[Asked]:
    """Return the general set as it is asked: the everyday questions, then the paragraphs, which are only read."""
    questions = general_questions()
    rows = [{"input": each.question, "output": each.accepted[0]} for each in questions]
    return [*(Asked(row=row, max_tokens=GENERAL_TOKENS) for row in rows), *map(read_only, general_paragraphs())]


def _answered(context: JobContext, run: Run, asked: Sequence[Asked], sides: Sides) -> tuple[Side, Side]:
    """Have base and run answer everything; return both sides."""
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
    done, steps = 0, 4 * len(asked)

    def report(count: int) -> None:
        nonlocal done
        done += count
        context.progress(done, steps, unit="answers", message="Answering the questions" if done else "Preparing the models")

    report(0)
    return answer(subject, asked, sides, report)


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
        forgetting=_forgetting(base, tuned, first=2 * count),
        embed=embed,
    )


def _forgetting(base: Side, tuned: Side, *, first: int) -> Forgetting | None:
    """Compare both on the general set, which was asked from place `first` on; None if it was not asked."""
    if len(base.answers) == first:
        return None
    questions = general_questions()
    last = first + len(questions)
    return compared(
        questions,
        (base.answers[first:last], tuned.answers[first:last]),
        (base.losses[last:], tuned.losses[last:]),
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
