"""Open something to chat with: a run of this workspace, a model or adapter on this machine, or an allowed host."""

from pathlib import Path

from core.chat import ChatModel, open_adapter, open_host, open_model, open_run
from core.errors import Hint, InputError
from core.models import registry
from core.models.engine.settings import read_engine_settings
from core.models.model_formats import is_for
from core.records import Model, Run
from core.services.training.runs import base_of
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
        return _open_found(workspace, find_answering(workspace, name))
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


def find_answering(workspace: Workspace, name: str) -> Model:
    """Return the model or adapter called `name`, which must be able to answer.

    Raises:
        SetupError: it is not on this machine.
        InputError: it is not a language model.
    """
    model = registry.find_model(registry.model_folders(workspace.home), name)
    if not is_for(model, "chat"):
        raise InputError(
            f"{name} is not a language model.", Hint("Choose one of the language models.", command="garrison models list")
        )
    return model


def _open_found(workspace: Workspace, model: Model) -> ChatModel:
    path = Path(model.path)
    if model.format != "adapter":
        return open_model(path, model.format)
    base = registry.find_base(registry.model_folders(workspace.home), model)
    return open_adapter(Path(base.path), base.format, folder=path, cache=workspace.unpacked_folder)
