"""End a training before its last step and keep what it has learned, as a finished run."""

from core.errors import Hint, InputError
from core.records import Job, Run
from core.run_folder import RunFolder
from core.storage import Workspace, find, get, rights


def stop_and_keep(workspace: Workspace, run_id: str) -> None:
    """Ask a run that trains to end after its next step, as if that had been its last.

    Raises:
        InputError: there is no such run, or it does not train at the moment.
        AccessError: the actor's role does not allow it.
    """
    run = get(workspace.db, Run, run_id)
    rights.check(workspace.db, "train", run.project_id)
    if run.is_finished or not find(workspace.db, Job, project_id=run.project_id, kind="train", state="running"):
        raise InputError(
            f"Run {run.number} does not train at the moment.",
            Hint("Look at what is running.", command="garrison jobs list"),
        )
    RunFolder(workspace.run_folder(run.project_id, run.id)).stop_request.touch()
