"""What can be chatted with: the project's finished runs, this machine's models, models on allowed hosts.

The run in use comes first, so that it answers where nobody chose; then the others, the newest first.
"""

from collections.abc import Mapping

import streamlit as st

from core.errors import SetupError
from core.models.engine.settings import Host, read_engine_settings
from core.models.registry import model_folders, models_for
from core.offline import is_local
from core.records import Model, Project, Run
from core.services.monitoring.in_use import model_in_use
from core.storage import Workspace, find
from dashboard.components.errors import show_error


def who_can_answer(workspace: Workspace, project: Project | None) -> dict[str, str]:
    """Return everything that can answer: run id or model name, mapped to the label people choose it by."""
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc") if project else []
    used = model_in_use(workspace, project) if project else None
    runs.sort(key=lambda run: used is None or run.id != used.run_id)
    models = models_for("chat", model_folders(workspace.home))
    return (
        {run.id: f"Run {run.number}: {run.model}, {'in use' if used and run.id == used.run_id else 'tuned'}" for run in runs}
        | {model.name: _label(model) for model in models}
        | {name: f"{name}, on {host.machine}" for name, host in hosts(workspace).items()}
    )


def _label(model: Model) -> str:
    return f"{model.name}, adapter on {model.base}" if model.format == "adapter" else f"{model.name}, as it came"


def hosts(workspace: Workspace) -> dict[str, Host]:
    """Return the models on other machines that an administrator allows, by name.

    Empty if the settings are unusable; the error is shown.
    """
    try:
        return read_engine_settings(workspace.home).hosts
    except SetupError as error:
        show_error(error)
        return {}


def base_of_newest(workspace: Workspace, answerers: Mapping[str, str]) -> str:
    """Return the base model of the newest run (else the last in the list), to compare before and after."""
    names = list(answerers)
    runs = find(workspace.db, Run, id=names[0])
    return runs[0].model if runs and runs[0].model in answerers else names[-1]


def show_where(workspace: Workspace, *names: str) -> None:
    """Say which other machines the questions will go to, if any of `names` is not served by this one."""
    chosen = [host.machine for name, host in hosts(workspace).items() if name in names and not is_local(host.machine)]
    if chosen:
        st.info(
            f"Questions and answers go to {' and '.join(dict.fromkeys(chosen))}, which an administrator allows.",
            icon=":material/lan:",
        )
