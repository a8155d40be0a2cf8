"""The whole pipeline on the sample documents, with a report of the results and the time each stage took."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core import __version__
from core.evaluation.report import ReportData, StageTime, render_report
from core.files import write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.offline import refused_count
from core.records import Document, Evaluation, Project, QuestionPair, Run, Span, now
from core.run_folder import RunFolder
from core.services.questions import generation
from core.services.questions.trainable import trainable_amount
from core.services.sample import prepare
from core.services.training.evaluation import evaluate_run
from core.services.training.fit import settings_here
from core.services.training.results import stored_result
from core.services.training.runs import find_trainable, train_run
from core.settings import EMBEDDED_MODEL
from core.storage import Workspace, find

PREPARED_PERCENT = 35.0
TRAINED_PERCENT = 90.0
SLICE_STEPS = 3
PACKAGES = ("torch", "transformers", "peft", "llama-cpp-python", "presidio-analyzer", "spacy", "streamlit")


class Params(JobParams):
    """The folder for the report; `is_slice` takes only a small part, as a functional test."""

    kind = "demo"
    out: PathText
    is_slice: bool = False


class Result(JobResult):
    """The name of the project, what was made in it, the report's path, and the seconds by stage."""

    kind = "demo"
    project: str
    run_id: str
    evaluation_id: str
    verdict: str
    report: str
    pairs: generation.Result
    seconds: dict[str, float]


def run(context: JobContext, params: Params) -> Result:
    """Run the demo job."""
    project = _project(context)
    stages: list[StageTime] = []

    def timed(name: str, seconds: float, amount: str) -> None:
        stages.append(StageTime(name=name, seconds=seconds, amount=amount))

    prepared = prepare(context, project, share_percent=PREPARED_PERCENT, is_slice=params.is_slice, timed=timed)
    with context.part("Training", PREPARED_PERCENT, TRAINED_PERCENT), _timed(stages, "Train"):
        base = find_trainable(context.workspace, EMBEDDED_MODEL)
        amount = trainable_amount(context.workspace, project)
        settings = settings_here(context.workspace, project, base, amount=amount, goal="quick").settings
        settings = settings.model_copy(update={"max_steps": SLICE_STEPS}) if params.is_slice else settings
        run = train_run(context, project, model_name=EMBEDDED_MODEL, settings=settings)
    with context.part("Evaluating", TRAINED_PERCENT, 100), _timed(stages, "Evaluate"):
        evaluation = evaluate_run(context, run, questions="", has_general=False)
    report = Path(params.out) / "report.html"
    data = report_data(context.workspace, project, run=run, evaluation=evaluation, stages=stages)
    write_atomic(report, render_report(data))
    return Result(
        project=project.name,
        run_id=run.id,
        evaluation_id=evaluation.id,
        verdict=evaluation.verdict,
        report=str(report),
        pairs=prepared.questions,
        seconds={stage.name: round(stage.seconds, 1) for stage in stages},
    )


@contextmanager
def _timed(stages: list[StageTime], name: str) -> Iterator[None]:
    started_s = time.monotonic()
    yield
    stages.append(StageTime(name=name, seconds=time.monotonic() - started_s))


def _project(context: JobContext) -> Project:
    """Return this job's project, creating it unless an earlier attempt did."""
    name = f"Demo {context.job.created_at[:16].replace('T', ' ')} {context.job.id[-4:]}"
    existing = find(context.workspace.db, Project, name=name)
    return existing[0] if existing else context.workspace.create_project(name, policy="all-at-once", is_sample=True)


def report_data(
    workspace: Workspace, project: Project, *, run: Run, evaluation: Evaluation, stages: list[StageTime]
) -> ReportData:
    """Collect everything the report shows from the workspace."""
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    spans = [span for document in documents for span in find(workspace.db, Span, document_id=document.id)]
    pairs = find(workspace.db, QuestionPair, project_id=project.id)
    metrics = _metrics(RunFolder(workspace.run_folder(project.id, run.id)).metrics)
    hashes = {"model": run.model_sha256, "dataset version": run.dataset_sha256, "adapter": run.adapter_sha256}
    return ReportData(
        project=project.name,
        created_at=now(),
        model=run.model,
        document_count=len(documents),
        word_count=sum(document.word_count for document in documents),
        spans=Counter(span.entity for span in spans if span.state != "rejected"),
        pairs_kept=sum(pair.state == "kept" for pair in pairs),
        pairs_dropped=Counter(pair.reason for pair in pairs if pair.state == "dropped"),
        train_loss=[(row["step"], row["loss"]) for row in metrics if row.get("loss") is not None],
        validation_loss=[(row["step"], row["validation_loss"]) for row in metrics if row.get("validation_loss") is not None],
        evaluation=stored_result(workspace, evaluation),
        good_enough=project.good_enough,
        settings=run.settings,
        stages=stages,
        refused_connections=refused_count(),
        versions={"garrison": __version__} | {package: version(package) for package in PACKAGES},
        hashes={name: sha256 for name, sha256 in hashes.items() if sha256 is not None},
    )


def _metrics(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
