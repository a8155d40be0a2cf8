"""What happened to a model in use, in sentences for people, the same on the command line and on the page."""

from core.evaluation.succession import succession_words
from core.monitoring.document_drift import DocumentDrift
from core.monitoring.question_drift import LEAST_TRAINED, QuestionDrift
from core.records import Project, Run, WayIntoUse
from core.services.monitoring.retraining import STATE_WORDS, Retraining
from core.storage import Workspace, find, rights
from core.words import counted

WAY_WORDS: dict[WayIntoUse, str] = {
    "by hand": "set by hand",
    "automatic": "not worse than the one before",
    "rolled back": "gone back to",
}


def use_words(run: Run, before: Run | None) -> str:
    """Say which run is in use now, and what was before."""
    was = f"Before, it was run {before.number}." if before else "Before, none was."
    return f"Run {run.number} is in use now. {was}"


def outcome_words(workspace: Workspace, project: Project, last: Retraining) -> str:
    """Say how far the last retraining is and, once it is done, whether its run is in use and why.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    if last.outcome is None:
        return f"{last.error or STATE_WORDS[last.state].capitalize()}".rstrip(".") + "."
    numbers = {run.id: run.number for run in find(workspace.db, Run, project_id=project.id)}
    outcome = last.outcome
    run = f"run {numbers.get(outcome.run_id, '?')}"
    before = f"run {numbers.get(outcome.before_run_id, '?')}" if outcome.before_run_id else "its base model"
    what = f"{run.capitalize()} is in use now." if outcome.is_in_use else f"{run.capitalize()} was not put in use."
    return f"{what} {succession_words(outcome.succession, run=run, before=before)}"


def question_words(found: QuestionDrift) -> str:
    """Say how many questions are unlike those trained on, as far as they were compared."""
    if not found.asked and found.waiting:
        return f"{counted(found.waiting, 'question')} not compared yet."
    if found.threshold is None:
        few = f"Fewer than {LEAST_TRAINED} questions on different facts were trained on: too few to tell what is new."
        return few if found.asked else "No question to compare yet."
    told = f"{found.unlike:,} of {counted(found.asked, 'question')} are unlike those it was trained on."
    return f"{told} {counted(found.waiting, 'question')} not compared yet." if found.waiting else told


def document_words(found: DocumentDrift) -> str:
    """Say what happened to the documents since the dataset version was frozen."""
    parts = [
        f"{number} {words}"
        for number, words in (
            (found.new, "new and not approved"),
            (found.approved, "newly approved"),
            (found.changed, "approved again"),
            (found.withdrawn, "withdrawn"),
            (found.removed, "removed"),
        )
        if number
    ]
    known = counted(found.total, "document")
    return f"Of {known}: {', '.join(parts)}." if parts else f"{known}, unchanged since its questions were frozen."
