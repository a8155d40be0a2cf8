"""Open something to chat with: a run of this workspace, a model on this machine, or one on an allowed host."""

from pathlib import Path

from core.chat import ChatModel, open_host, open_model, open_run
from core.errors import Hint, InputError
from core.models.engine.settings import read_engine_settings
from core.records import Run
from core.services.training.runs import base_of, find_trainable
from core.storage import Workspace, find, rights


def open_answerer(workspace: Workspace, name: str) -> ChatModel:
    """Open the run with id `name`, or else the host or model of that name; hosts take precedence over models.

    Raises:
        InputError: the run has not finished, or the model is not a language model.
        SetupError: there is no such model, or `engine.toml` is invalid.
        AccessError: the actor's role does not allow chatting with the run.
    """
    from core.models.engine.supervisor import shared

    settings = read_engine_settings(workspace.home)
    shared().idle_s = 60 * settings.idle_minutes
    runs = find(workspace.db, Run, id=name)
    if not runs and name in settings.hosts:
        return open_host(name, settings.hosts[name])
    if not runs:
        model = find_trainable(workspace, name)
        return open_model(Path(model.path), model.format)
    run = runs[0]
    rights.check(workspace.db, "chat", run.project_id)
    if not run.is_finished:
        raise InputError(
            f"Run {run.id} has not finished.",
            Hint("Wait for it, or resume its job on the page Jobs.", command="garrison jobs list"),
        )
    model = base_of(workspace, run)
    return open_run(
        Path(model.path), model.format, folder=workspace.run_folder(run.project_id, run.id), cache=workspace.unpacked_folder
    )
