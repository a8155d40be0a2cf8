"""Chat & compare: talk to a model or a run, ask two the same, take a tuned model along as files."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core import jobs
from core.chat import Message
from core.models.engine import EngineCrashed
from core.models.quantizations import PLAIN, QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS
from core.records import Project, Release, Run
from core.storage import Workspace, find
from dashboard import resources
from dashboard.components.answerers import pace_words, show_answer, show_where, stream_answer, who_can_answer
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.words import ago
from dashboard.session_keys import CHAT_ANSWERER

MODES = {"chat": "Chat", "compare": "Compare two", "export": "Take it with you"}
BROKE_OFF = "broke off here: the engine ended"


@dataclass(slots=True)
class Turn:
    """One message on the page, with what was measured while it was written."""

    message: Message
    pace: str = ""


def show_chat(workspace: Workspace, answerers: dict[str, str]) -> None:
    """Show a conversation with the chosen run or model; choosing another starts a new one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Who answers", list(answerers), format_func=lambda name: answerers[name], key=CHAT_ANSWERER, width=420
        )
        if st.button("New conversation", icon=":material/add_comment:", key="new-conversation"):
            st.session_state.pop("turns", None)
    if st.session_state.get("turns-with") != name:
        st.session_state["turns-with"], st.session_state["turns"] = name, []
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    show_where(workspace, name)
    for turn in turns:
        with st.chat_message(turn.message.role):
            show_answer(turn.message.content)
            if turn.pace:
                st.caption(turn.pace)
    if not turns:
        st.caption("Ask what your documents answer. Answers can be wrong: a model sounds sure either way.")
    question = st.bottom.chat_input("Ask a question", submit_mode="stop", key="chat-question")
    if not question:
        return
    messages = [turn.message for turn in turns] + [Message("user", question)]
    with st.chat_message("user"):
        st.text(question)
    with st.chat_message("assistant"), shown_errors():
        with st.spinner("Opening the model …", show_time=True):
            model = resources.answerer(workspace, name)
        pieces: list[str] = []
        try:
            given = stream_answer(model, messages, pieces=pieces)
        except EngineCrashed:
            turns += [Turn(messages[-1]), Turn(Message("assistant", "".join(pieces)), BROKE_OFF)]
            raise
        st.caption(pace_words(given))
        turns += [Turn(messages[-1]), Turn(Message("assistant", given.text), pace_words(given))]


def show_compare(workspace: Workspace, answerers: dict[str, str]) -> None:
    """Ask two runs or models the same question, one after the other so that neither slows the other down."""
    names = list(answerers)
    columns = st.columns(2)
    defaults = (base_of_newest(workspace, answerers), names[0])
    chosen = [
        column.selectbox(
            side, names, index=names.index(default), format_func=lambda name: answerers[name], key=f"compare-{side.lower()}"
        )
        for side, default, column in zip(("Left", "Right"), defaults, columns, strict=True)
    ]
    show_where(workspace, *chosen)
    with st.form("compare", border=False):
        question = st.text_area("The same question to both", key="compare-question", height=90)
        is_asked = st.form_submit_button("Ask both", type="primary", icon=":material/compare:")
    if is_asked and not question.strip():
        st.warning("Write a question first.", icon=":material/warning:")
    elif is_asked:
        st.session_state["compared"] = []
        columns = st.columns(2, border=True)
        for column, name in zip(columns, chosen, strict=True):
            column.markdown(f"**{answerers[name]}**")
        for column, name in zip(columns, chosen, strict=True):
            with column, shown_errors():
                with st.spinner("Opening the model …", show_time=True):
                    model = resources.answerer(workspace, name)
                given = stream_answer(model, [Message("user", question)])
                st.caption(pace_words(given))
                st.session_state["compared"].append((answerers[name], given.text, pace_words(given)))
    else:
        compared = st.session_state.get("compared", [])
        for column, (title, text, pace) in zip(st.columns(2, border=True) if compared else (), compared, strict=False):
            with column:
                st.markdown(f"**{title}**")
                show_answer(text)
                st.caption(pace)


def base_of_newest(workspace: Workspace, answerers: dict[str, str]) -> str:
    """Return the base model of the newest run (else the last in the list), to compare before and after."""
    names = list(answerers)
    runs = find(workspace.db, Run, id=names[0])
    return runs[0].model if runs and runs[0].model in answerers else names[-1]


def show_export(workspace: Workspace, project: Project | None) -> None:
    """Show the form for exporting a run (which one, format, folder), then what was exported before."""
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc") if project else []
    if project is None or not runs:
        empty_state("There is no tuned model to take along yet. Train one first.", page="train", label="Train a model")
        return
    from core.services.training.export import Params, note  # imports the training stage, so only where needed

    job = follow_newest(workspace, project, "export")
    titles = {run.id: f"Run {run.number}: {run.model}, tuned" for run in runs}
    run_id = st.selectbox("Which one", list(titles), format_func=lambda run_id: titles[run_id], key="export-run")
    formats = sorted(RELEASE_FORMATS.values(), key=lambda format: format.place)
    form = st.radio(
        "As what",
        [format.name for format in formats],
        format_func=lambda form: RELEASE_FORMATS[form].words,
        captions=[format.description for format in formats],
        key="export-format",
    )
    quantization = choose_quantization() if RELEASE_FORMATS[form].is_quantized else PLAIN
    run = next(run for run in runs if run.id == run_id)
    if words := note(run, form):
        st.caption(f":material/info: {words}")
    target = st.text_input(
        "To which folder on this machine",
        value=str(workspace.home / "exports" / f"run-{run.number}-{form}"),
        help="A folder that does not exist yet, or an empty one.",
        key=f"export-target-{run_id}-{form}",
    )
    if st.button("Export", type="primary", icon=":material/output:", disabled=is_active(job), key="start-export"):
        with shown_errors():
            params = Params(run_id=run_id, format=form, quantization=quantization, target=target.strip())
            jobs.submit(workspace, params, project_id=project.id)
            st.rerun()
    releases = find(workspace.db, Release, project_id=project.id, order="created_at desc")
    if releases:
        st.subheader("Taken so far")
        rows = [
            {
                "What": RELEASE_FORMATS[release.format].words,
                "Run": titles.get(release.run_id, ""),
                "Folder": release.path,
                "SHA-256": release.sha256,
                "When": ago(release.created_at),
            }
            for release in releases
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="What was exported, newest first")
        st.caption(
            "The SHA-256 is that of the GGUF file. For a folder it is that of the file SHA256SUMS in it: "
            "`sha256sum -c SHA256SUMS` there checks every file."
        )


def choose_quantization() -> str:
    """Draw the choice of how exact a GGUF is, the usual one first; return the name of the chosen one."""
    names = sorted(QUANTIZATIONS, key=lambda name: QUANTIZATIONS[name].place)
    return st.radio("How exact", names, format_func=lambda name: QUANTIZATIONS[name].words, key="export-quantization")


def choose_mode() -> str:
    """Draw the choice between chat, compare and export; return the chosen one."""
    return str(
        st.segmented_control(
            "What to do",
            list(MODES),
            default="chat",
            required=True,
            format_func=lambda mode: MODES[mode],
            label_visibility="collapsed",
            key="chat-mode",
        )
    )


workspace = resources.workspace()
project = resources.current_project()
answerers = who_can_answer(workspace, project)
if not answerers:
    empty_state("There is no model on this machine yet. Add one first.", page="models", label="Add a model")
elif (mode := choose_mode()) == "chat":
    show_chat(workspace, answerers)
elif mode == "compare":
    show_compare(workspace, answerers)
else:
    show_export(workspace, project)
