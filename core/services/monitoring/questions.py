"""The questions that people asked, compared with those that the model in use was trained on.

Of a question only its fit is stored, a number, which goes with the question when a conversation is deleted.
"""

import json
from collections.abc import Callable
from pathlib import Path

from core.errors import InputError
from core.files import write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.monitoring.question_drift import (
    AT_ONCE,
    MOST_TRAINED,
    QuestionDrift,
    evenly,
    fits,
    stands_alone,
    threshold_of,
)
from core.records import Project, Run
from core.services.monitoring.in_use import model_in_use
from core.services.monitoring.notes import ASKED, NOT_COMPARED, since_of
from core.services.monitoring.rules import monitoring_settings_of
from core.services.questions.datasets import TRAIN, rows_file
from core.services.retrieval.index import Embed, embedding
from core.storage import Permitted, Workspace, get, transaction

Report = Callable[[int, int], None]  # called with how many questions were read, and of how many


class Params(JobParams):
    """Nothing is to be chosen."""

    kind = "compare questions"


class Result(JobResult):
    """How many questions were compared."""

    kind = "compare questions"
    compared: int


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that a model is in use."""
    project = get(workspace.db, Project, project_id)
    if model_in_use(workspace, project) is None:
        raise InputError(f"No model is in use in {project.name}.", "Put a run in use first.")


def run(context: JobContext, params: Params) -> Result:
    """Run a job that compares questions; what was compared before it was killed stays so."""

    def report(done: int, total: int) -> None:
        context.progress(done, total, unit="questions", message="Comparing questions")

    return Result(compared=compare_questions(context.workspace, context.project(), report=report))


def question_drift(workspace: Workspace, project: Project, run: Run, *, days: int) -> QuestionDrift:
    """Return how many questions of the last `days` days are unlike those that a run was trained on, as compared so far.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project.id)
    threshold = _stored_threshold(permitted, run)
    row = permitted.db.execute(
        "select count(f.fit) as asked, coalesce(sum(f.fit < ?), 0) as unlike,"  # noqa: S608 a constant
        f" coalesce(sum(f.turn_id is null), 0) as waiting {ASKED}",
        [threshold or 0.0, run.dataset_id, project.id, since_of(days)],
    ).fetchone()
    unlike = 0 if threshold is None else row["unlike"]
    return QuestionDrift(asked=row["asked"], unlike=unlike, waiting=row["waiting"], threshold=threshold)


def fits_of(workspace: Workspace, project: Project, run: Run, *, days: int) -> list[float]:
    """Return how well the questions of the last `days` days fit those that a run was trained on, as compared so far.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project.id)
    rows = permitted.db.execute(
        f"select f.fit {ASKED} and f.fit is not null order by f.fit",  # noqa: S608 a constant
        [run.dataset_id, project.id, since_of(days)],
    )
    return [row["fit"] for row in rows]


def compare_questions(
    workspace: Workspace, project: Project, *, embed: Embed | None = None, report: Report | None = None
) -> int:
    """Compare the questions that were not compared yet with those that the model in use was trained on; return how many.

    Raises:
        AccessError: the acting person may not see the project.
        SetupError: the network that compares meanings is missing or damaged, or the rows of the dataset version are gone.
    """
    permitted = workspace.allowed("see project", project.id)
    used = model_in_use(permitted, project)
    if used is None:
        return 0
    run = get(permitted.db, Run, used.run_id)
    days = monitoring_settings_of(permitted, project).days
    waiting = permitted.db.execute(
        f"select t.id, t.question {NOT_COMPARED}",  # noqa: S608 a constant
        [run.dataset_id, project.id, since_of(days)],
    ).fetchall()
    if not waiting:
        return 0
    chosen = embed or embedding(permitted)
    read = _Read(len(waiting), report)
    trained = _trained(permitted, run, chosen, read)
    for start in range(0, len(waiting), AT_ONCE):
        block = waiting[start : start + AT_ONCE]
        read.add(len(block))
        alone = [row for row in block if stands_alone(row["question"])] if trained else []
        found = dict(
            zip((row["id"] for row in alone), fits(chosen([row["question"] for row in alone]), trained), strict=True)
        )
        _store(permitted, run, {row["id"]: found.get(row["id"]) for row in block})
    return len(waiting)


class _Read:
    """How many questions were read so far, of those that wait and those trained on."""

    def __init__(self, total: int, report: Report | None) -> None:
        self.total = total
        self._done, self._report = 0, report

    def add(self, count: int) -> None:
        """Report what was read before, and count those that are read now."""
        if self._report:
            self._report(self._done, self.total)
        self._done += count


def _trained(permitted: Permitted, run: Run, embed: Embed, read: _Read) -> bytes:
    """Return the embeddings of the questions that a run was trained on, joined, from a file if they were made before."""
    path = permitted.project_folder(run.project_id) / "monitoring" / f"{run.dataset_id}.embeddings"
    is_known = permitted.db.execute("select 1 from question_thresholds where dataset_id = ?", [run.dataset_id]).fetchone()
    if is_known and path.exists():
        return path.read_bytes()
    questions, facts = _learned(permitted.dataset_folder(run.project_id, run.dataset_id) / TRAIN)
    read.total += len(questions)
    parts: list[bytes] = []
    for start in range(0, len(questions), AT_ONCE):
        block = questions[start : start + AT_ONCE]
        read.add(len(block))
        parts += embed(block)
    joined = b"".join(parts)
    threshold = threshold_of(joined, facts) if questions else None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, joined)
    with transaction(permitted.db):
        permitted.db.execute(
            "insert or replace into question_thresholds (dataset_id, threshold, questions) values (?, ?, ?)",
            [run.dataset_id, threshold, len(questions)],
        )
    return joined


def _learned(path: Path) -> tuple[list[str], list[str]]:
    """Return the questions of a frozen file, evenly drawn if there are many, and what each asks for.

    Raises:
        SetupError: the file is gone.
    """
    questions, facts = [], []
    with rows_file(path) as file:
        chosen = set(evenly(range(sum(1 for _ in file)), MOST_TRAINED))
    with rows_file(path) as file:
        for number, line in enumerate(file):
            if number in chosen:
                row = json.loads(line)
                questions.append(row["input"] or ".")  # the network cannot read an empty text
                facts.append(str(row.get("fact") or f"row {number}"))
    return questions, facts


def _stored_threshold(permitted: Permitted, run: Run) -> float | None:
    row = permitted.db.execute("select threshold from question_thresholds where dataset_id = ?", [run.dataset_id]).fetchone()
    return row["threshold"] if row else None


def _store(permitted: Permitted, run: Run, found: dict[str, float | None]) -> None:
    """Store the fits of questions, None for one that leans on what was said before it; not of those deleted meanwhile."""
    with transaction(permitted.db):
        permitted.db.executemany(
            "insert or ignore into question_fits (dataset_id, turn_id, fit) select ?, id, ? from chat_turns where id = ?",
            [[run.dataset_id, fit, turn_id] for turn_id, fit in found.items()],
        )
