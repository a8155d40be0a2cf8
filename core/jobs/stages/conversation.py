"""Who can be talked to: a model of this machine, or a run of this workspace."""

from pathlib import Path

from core.chat import ChatModel, open_model, open_run
from core.errors import InputError
from core.models import registry
from core.records import Run
from core.storage import Workspace, find, rights


def open_answerer(workspace: Workspace, name: str) -> ChatModel:
    """Open the run with the id `name`, else the model called `name`.

    Raises:
        InputError: the run has not finished, or it is no language model.
        SetupError: there is no such model.
    """
    runs = find(workspace.db, Run, id=name)
    model = registry.find_model(registry.model_folders(workspace.home), runs[0].model if runs else name)
    if model.format in registry.DETECTION_FORMATS:
        raise InputError(f"{name} is not a language model.", "See: garrison models list")
    if not runs:
        return open_model(Path(model.path), model.format)
    run = runs[0]
    rights.check(workspace.db, "chat", run.project_id)
    if not run.is_finished:
        raise InputError(f"Run {run.id} has not finished.", "Wait for it, or resume its job: garrison jobs list")
    return open_run(
        Path(model.path), model.format, folder=workspace.run_folder(run.project_id, run.id), cache=workspace.unpacked_folder
    )
