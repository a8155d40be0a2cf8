"""What can be chatted with: the project's finished runs, newest first, this machine's models, models on allowed hosts."""

import streamlit as st

from core.chat import Answer, ChatModel, Message, answer
from core.errors import SetupError
from core.models.engine import EngineCrashed
from core.models.engine.settings import Host, read_engine_settings
from core.models.registry import model_folders, models_for
from core.offline import is_local
from core.records import Project, Run
from core.storage import Workspace, find
from dashboard.components.errors import show_error

LONGEST_TOKENS = 256


def who_can_answer(workspace: Workspace, project: Project | None) -> dict[str, str]:
    """Return everything that can answer: run id or model name, mapped to the label people choose it by."""
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc") if project else []
    models = models_for("chat", model_folders(workspace.home))
    return (
        {run.id: f"Run {run.number}: {run.model}, tuned" for run in runs}
        | {model.name: f"{model.name}, as it came" for model in models}
        | {name: f"{name}, on {host.machine}" for name, host in hosts(workspace).items()}
    )


def hosts(workspace: Workspace) -> dict[str, Host]:
    """Return the models on other machines that an administrator allows, by name.

    Empty if the settings are unusable; the error is shown.
    """
    try:
        return read_engine_settings(workspace.home).hosts
    except SetupError as error:
        show_error(error)
        return {}


def show_where(workspace: Workspace, *names: str) -> None:
    """Say which other machines the questions will go to, if any of `names` is not served by this one."""
    chosen = [host.machine for name, host in hosts(workspace).items() if name in names and not is_local(host.machine)]
    if chosen:
        st.info(
            f"Questions and answers go to {' and '.join(dict.fromkeys(chosen))}, which an administrator allows.",
            icon=":material/lan:",
        )


def pace_words(given: Answer) -> str:
    """Describe how long the answer took to begin and, if measured, how fast it was written."""
    begun = f"began after {given.first_token_s:.1f} s"
    return f"{begun} · {given.tokens_per_second:.0f} tokens/s" if given.tokens_per_second else begun


def stream_answer(model: ChatModel, messages: list[Message], *, pieces: list[str] | None = None) -> Answer:
    """Show an answer as it is written, as plain text: what a model writes is never trusted as markup.

    `pieces` collects what has been written so far, even if the model breaks off.

    Raises:
        EngineCrashed: the engine ended; what was written until then stays on the page.
    """
    box = st.empty()
    box.caption("Thinking …")
    written = [] if pieces is None else pieces

    def show(piece: str) -> None:
        written.append(piece)
        box.text("".join(written))

    try:
        given = answer(model, messages, max_tokens=LONGEST_TOKENS, on_piece=show)
    except EngineCrashed:
        with box:
            show_answer("".join(written))
        raise
    with box:
        show_answer(given.text)
    return given


def show_answer(text: str) -> None:
    """Show a finished answer, or say that it is empty."""
    if text.strip():
        st.text(text.strip())
    else:
        st.caption("It ended without a word.")
