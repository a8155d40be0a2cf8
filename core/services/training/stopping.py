"""Which runs train, and ending one before its last step, with what it has learned, as a finished run."""

from collections.abc import Set
from typing import Literal

from core.errors import Hint, InputError
from core.records import Job, Run
from core.run_folder import RunFolder
from core.storage import Workspace, find, get, rights

ITEMS = "select item from job_items where job_id = ?"
RunState = Literal["training", "finished", "finished early", "interrupted"]


def run_states(workspace: Workspace, project_id: str) -> dict[str, RunState]:
    """Return the state of each run of a project by its id."""
    rights.check(workspace.db, "see project", project_id)
    at_work = _at_work(workspace, project_id)
    return {run.id: _state(run, at_work) for run in find(workspace.db, Run, project_id=project_id)}


def _state(run: Run, at_work: Set[str]) -> RunState:
    if run.is_finished:
        return "finished early" if run.metrics.get("is_stopped_early") else "finished"
    return "training" if run.id in at_work else "interrupted"


def _at_work(workspace: Workspace, project_id: str) -> set[str]:
    """Return the ids of the runs that jobs of a project train now."""
    jobs = find(workspace.db, Job, project_id=project_id, kind="train", state="running")
    items = [row["item"] for job in jobs for row in workspace.db.execute(ITEMS, [job.id])]
    return {item.removeprefix("run:") for item in items if item.startswith("run:")}


def stop_and_keep(workspace: Workspace, run_id: str) -> None:
    """Ask a run that trains to end after its next step, as if that had been its last.

    Raises:
        InputError: there is no such run, or it does not train at the moment.
        AccessError: the actor's role does not allow it.
    """
    run = get(workspace.db, Run, run_id)
    rights.check(workspace.db, "train", run.project_id)
    if run.is_finished or run.id not in _at_work(workspace, run.project_id):
        raise InputError(
            f"Run {run.number} does not train at the moment.",
            Hint("Look at what is running.", command="garrison jobs list"),
        )
    RunFolder(workspace.run_folder(run.project_id, run.id)).stop_request.touch()
