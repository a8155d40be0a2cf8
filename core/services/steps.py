"""The six steps of a project and the state of each, as shown by the overview, the header and `project show`."""

from dataclasses import dataclass
from typing import Literal

from core.records import DatasetVersion, Document, Evaluation, Job, Project, QuestionPair, Release, Run, Span
from core.services.questions.trainable import standing_of
from core.storage import Workspace, count, find, rights
from core.storage.pairs.pages import kept_groups
from core.words import counted

StepState = Literal["not started", "in work", "needs you", "done", "out of date"]
JOB_KINDS = {
    "documents": ("read", "sample"),
    "review": ("anonymize", "sample"),
    "questions": ("generate", "import", "sample"),
    "train": ("train",),
    "evaluate": ("evaluate",),
    "use": ("export",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its `state`, a `summary` of what exists, and the `next_action` for a person ("" if none)."""

    name: str  # a key of JOB_KINDS
    title: str
    state: StepState
    summary: str
    next_action: str = ""


def project_steps(workspace: Workspace, project: Project) -> tuple[Step, ...]:
    """Return the six steps of `project`, in order.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    steps = (
        _documents(workspace, project),
        _review(workspace, project),
        _questions(workspace, project),
        _train(workspace, project),
        _evaluate(workspace, project),
        _use(workspace, project),
    )
    busy = {
        job.kind for state in ("queued", "running") for job in find(workspace.db, Job, project_id=project.id, state=state)
    }
    return tuple(
        Step(step.name, step.title, "in work", step.summary) if busy & set(JOB_KINDS[step.name]) else step for step in steps
    )


def next_step(steps: tuple[Step, ...]) -> Step | None:
    """Return the first step that waits for a person, or None if every step is done or in work."""
    return next((step for step in steps if step.next_action), None)


def _documents(workspace: Workspace, project: Project) -> Step:
    documents = find(workspace.db, Document, project_id=project.id)
    unreadable = sum(document.state == "unreadable" for document in documents)
    if not documents:
        return Step("documents", "Documents", "not started", "No files yet", "Add documents")
    if unreadable == len(documents):
        return Step("documents", "Documents", "needs you", "No file could be read", "Look at the reasons, add other files")
    summary = counted(len(documents), "file") + (f", {unreadable} not read" if unreadable else "")
    return Step("documents", "Documents", "done", summary)


def _review(workspace: Workspace, project: Project) -> Step:
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    if not documents:
        return Step("review", "Review", "not started", "Nothing to review")
    fresh = sum(not document.is_analyzed for document in documents)
    if fresh:
        return Step("review", "Review", "needs you", f"{counted(fresh, 'file')} not yet searched", "Find personal data")
    reviews = [review for document in documents if (review := workspace.active_review(document.id))]
    approved, unread = len(reviews), sum(bool(review.unread) for review in reviews)
    spans = sum(count(workspace.db, Span, document_id=document.id) for document in documents)
    given = f"{approved} of {len(documents)} approved{f' ({unread} unread)' if unread else ''}"
    if outdated := sum(document.is_search_outdated for document in documents):
        return Step(
            "review", "Review", "out of date", f"{counted(outdated, 'file')} to search again, {given}", "Search again"
        )
    summary = f"{given}, {counted(spans, 'piece')} of personal data"
    if approved < len(documents):
        return Step("review", "Review", "needs you", summary, "Review and approve")
    return Step("review", "Review", "done", summary)


def _questions(workspace: Workspace, project: Project) -> Step:
    groups = kept_groups(workspace, project.id)
    kept = sum(group.pairs for group in groups)
    is_anything_approved = any(workspace.active_review(d.id) for d in find(workspace.db, Document, project_id=project.id))
    action = "Write question pairs" if is_anything_approved else ""
    unstarted: StepState = "needs you" if action else "not started"
    if not kept:
        return Step("questions", "Questions", unstarted, "No pairs yet", action)
    standing = standing_of(workspace, project)
    reasons = [
        f"{number} {text}"
        for number, text in (
            (standing.unapproved - standing.waiting, "from text whose approval was withdrawn"),
            (standing.outdated, "from text that changed since"),
        )
        if number
    ]
    waiting = f"{standing.waiting} waiting for review" if standing.waiting else ""
    if reasons:
        words = f"{kept} kept; {' and '.join(filter(None, (*reasons, waiting)))}"
        return Step("questions", "Questions", "out of date", words, "Write question pairs")
    if not standing.valid:
        return Step("questions", "Questions", unstarted, f"No pairs yet but {waiting}", action)
    return Step("questions", "Questions", "done", f"{kept} kept" + (f"; {waiting}" if waiting else ""))


def _train(workspace: Workspace, project: Project) -> Step:
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
    has_pairs = count(workspace.db, QuestionPair, project_id=project.id, state="kept") > 0
    if not runs:
        action = "Train a model" if has_pairs else ""
        return Step("train", "Train", "needs you" if action else "not started", "No run yet", action)
    newest = find(workspace.db, DatasetVersion, project_id=project.id, order="number desc")[0]
    if runs[0].dataset_id != newest.id:
        return Step("train", "Train", "out of date", f"Run {runs[0].number}; the questions changed since", "Train a model")
    return Step("train", "Train", "done", f"Run {runs[0].number}")


def _evaluate(workspace: Workspace, project: Project) -> Step:
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
    evaluations = find(workspace.db, Evaluation, project_id=project.id, order="created_at desc")
    if not evaluations:
        action = "Compare with the base model" if runs else ""
        return Step("evaluate", "Evaluate", "needs you" if action else "not started", "Not evaluated yet", action)
    if runs and evaluations[0].run_id != runs[0].id:
        return Step(
            "evaluate", "Evaluate", "out of date", f"Run {runs[0].number} is not evaluated", "Compare with the base model"
        )
    summary = evaluations[0].verdict.split(":")[0].rstrip(".")
    if evaluations[0].is_good_enough is False:
        return Step("evaluate", "Evaluate", "needs you", summary, "See what is missing")
    return Step("evaluate", "Evaluate", "done", summary)


def _use(workspace: Workspace, project: Project) -> Step:
    releases = find(workspace.db, Release, project_id=project.id)
    if releases:
        return Step("use", "Use", "done", f"{len(releases)} exported")
    evaluations = find(workspace.db, Evaluation, project_id=project.id, order="created_at desc")
    if evaluations and evaluations[0].is_good_enough is not False:
        return Step("use", "Use", "needs you", "Ready to try", "Chat with it or export it")
    if evaluations:
        return Step("use", "Use", "not started", "Not good enough yet")
    return Step("use", "Use", "not started", "Nothing to use yet")
