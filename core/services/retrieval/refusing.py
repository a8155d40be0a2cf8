"""When the documents do not tell: the fit below which a question is refused, and how often that is wrong."""

from hashlib import sha256
from heapq import nsmallest

from core.errors import Hint, InputError
from core.questions.writers.not_said import KIND as UNANSWERABLE
from core.records import Project, QuestionPair, now
from core.retrieval.calibration import FEWEST, Calibration, calibrated
from core.services.questions.trainable import each_reviewed
from core.services.retrieval.finding import ranked_passages
from core.services.retrieval.index import Embed, Report, current_index, embedding
from core.storage import Workspace, transaction

UNCALIBRATED = Calibration(threshold=0.54)  # between both kinds of questions on six manuals: docs/decisions/retrieval.md
QUESTIONS = 400  # asked at most
_STORED = "threshold, refused, answered, answerable, others"


def threshold_of(workspace: Workspace, project: Project) -> Calibration:
    """Return the threshold of a project with its error rates; without a calibration one for any documents, without rates."""
    permitted = workspace.allowed("chat", project.id)
    row = permitted.db.execute(
        f"select {_STORED} from source_thresholds where project_id = ?",  # noqa: S608 a constant
        [project.id],
    ).fetchone()
    return Calibration(**row) if row else UNCALIBRATED


def calibrate(
    workspace: Workspace, project: Project, *, embed: Embed | None = None, report: Report | None = None
) -> Calibration:
    """Choose the threshold of a project on its own questions, measure its error rates, and store them.

    Answerable are its kept question pairs. Not answerable are those that no document answers, and the answerable ones once
    more, as if their own document were not there.

    Raises:
        InputError: the project has too few questions of either kind.
        AccessError: the actor may not work on questions here, or not chat.
    """
    permitted = workspace.allowed("work on questions", project.id, also="chat")
    embed = embed or embedding(permitted)
    pairs = _drawn(permitted, project)
    answerable: list[float] = []
    others: list[float] = []
    with current_index(permitted, project, embed=embed, report=report) as index:
        is_only = len(index.approvals()) < 2  # then nothing would be left without the document
        for number, pair in enumerate(pairs):
            if report:
                report(number, len(pairs))
            (embedded,) = embed([pair.input])
            if pair.kind == UNANSWERABLE:
                others.append(ranked_passages(index, pair.input, embedded).fit)
                continue
            answerable.append(ranked_passages(index, pair.input, embedded).fit)
            if not is_only:
                others.append(ranked_passages(index, pair.input, embedded, without=pair.document_id).fit)
    if min(len(answerable), len(others)) < FEWEST:
        raise InputError(
            f"{project.name} has {len(answerable)} questions that its documents answer and {len(others)} that they do not;"
            f" {FEWEST} of each are needed.",
            Hint(
                "Approve a second document, and have questions written about both on the page Questions.",
                command=f"garrison questions generate {project.name}",
            ),
        )
    found = calibrated(answerable, others)
    _store(permitted, project, found)
    return found


def _drawn(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return kept pairs of text whose approval stands, drawn by a hash: always the same ones of the same pairs."""
    single = (pair for pair in each_reviewed(workspace, project) if not pair.history and pair.origin != "imported")
    return nsmallest(QUESTIONS, single, key=lambda pair: sha256(pair.input.encode()).digest())


def _store(workspace: Workspace, project: Project, found: Calibration) -> None:
    with transaction(workspace.db):
        workspace.db.execute(
            f"insert or replace into source_thresholds (project_id, {_STORED}, created_at) values (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            [project.id, found.threshold, found.refused, found.answered, found.answerable, found.others, now()],
        )
