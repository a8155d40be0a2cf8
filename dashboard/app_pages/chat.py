"""Chat & compare: talk to a model or a run, ask two the same, take a tuned model along as files."""

import pandas as pd
import streamlit as st

from core import jobs
from core.models.quantizations import PLAIN, QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS
from core.records import ChatTurn, Conversation, Project, Release, Run
from core.services.chat.conversations import conversations
from core.services.chat.starters import starter_questions
from core.services.chat.turns import turns
from core.storage import Workspace, find
from dashboard import resources
from dashboard.components.answerers import show_where, who_can_answer
from dashboard.components.chat.acts import Act, request, requested
from dashboard.components.chat.answer_html import STYLE
from dashboard.components.chat.chosen import chosen_conversation
from dashboard.components.chat.compare import show_compare
from dashboard.components.chat.conversation_list import show_list, show_menu
from dashboard.components.chat.following import follow
from dashboard.components.chat.setup import choose_setup
from dashboard.components.chat.turns import show_turn
from dashboard.components.chat.writing import Place, carry_out, show_last_error
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.words import ago, unformatted

MODES = {"chat": "Chat", "compare": "Compare", "export": "Take it with you"}
PAGE_STYLE = """<style>
.st-key-chat-list button > div, .st-key-chat-list button > div > span {
  width: 100%; justify-content: flex-start; overflow: hidden; }
.st-key-chat-list button [data-testid="stMarkdownContainer"] { min-width: 0; }
.st-key-chat-list button p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
[data-testid="stChatMessageAvatarCustom"] { background: #4d7c2a; border-color: #4d7c2a; }
.stChatMessage:has([aria-label="Chat message from user"]) [data-testid="stChatMessageAvatarCustom"] {
  background: #1f5f8b; border-color: #1f5f8b; }
[data-testid="stChatMessageAvatarCustom"] span { color: #ffffff; }
@media (max-width: 640px) { .st-key-chat-list { max-height: 9rem; overflow-y: auto; } }
</style>"""
MOST_TURNS = 30  # shown at once; older ones on demand


def show_chat(workspace: Workspace, project: Project, answerers: dict[str, str]) -> None:
    """Show the person's conversations and the open one."""
    st.html(STYLE + PAGE_STYLE)
    found = conversations(workspace, project)
    chosen = chosen_conversation(found)
    with st.container(key="chat-page"):
        listed, talk = st.columns([1, 3], gap="medium")
    with listed:
        show_list(workspace, project, found, chosen=chosen)
    with talk, shown_errors():
        show_conversation(workspace, project, answerers, conversation=chosen)


def show_conversation(
    workspace: Workspace, project: Project, answerers: dict[str, str], *, conversation: Conversation | None
) -> None:
    """Show the open conversation, or a new one with questions to begin with, and answer what is asked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        setup = choose_setup(workspace, project, answerers, conversation=conversation)
        if conversation:
            show_menu(workspace, conversation)
    show_where(workspace, setup.answerer)
    name = answerers.get(setup.answerer, setup.answerer)
    with st.bottom:
        stop = st.empty()
        question = st.chat_input("Ask a question", key="chat-question")
    act = Act("ask", question) if question else requested()
    said = turns(workspace, conversation.id) if conversation else []
    shown = said[:-1] if act and act.kind != "ask" else said
    beginning = st.empty()  # drawn empty at once when an answer is written
    if not said and not act:
        with beginning.container():
            show_beginning(workspace, project)
    for turn in _newest(shown):
        show_turn(workspace, turn, name=answerers.get(turn.answerer, turn.answerer), is_last=turn is said[-1] and not act)
    if act:
        carry_out(workspace, project, act, Place(conversation=conversation, setup=setup, name=name, stop=stop))
    show_last_error()
    if conversation:
        follow(said[-1].id if said else conversation.id, is_written=bool(said) and said[-1].state == "writing")


def _newest(found: list[ChatTurn]) -> list[ChatTurn]:
    if len(found) > MOST_TURNS and not st.toggle(f"Show all {len(found)} questions", key="chat-all"):
        return found[-MOST_TURNS:]
    return found


def show_beginning(workspace: Workspace, project: Project) -> None:
    """Say what to do in a new conversation, with questions from the project's own documents."""
    starters = starter_questions(workspace, project)
    st.markdown("**Ask what your documents answer.**")
    st.caption("Answers can be wrong: a model sounds sure either way. Only you see this conversation.")
    for number, starter in enumerate(starters):
        st.button(
            unformatted(starter),
            icon=":material/chat_bubble:",
            key=f"starter-{number}",
            on_click=request,
            args=[Act("ask", starter)],
        )
    if not starters:
        st.caption("Once documents are approved here, questions to begin with stand in this place.")


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
    show_chat(workspace, project or resources.require_project(), answerers)
elif mode == "compare":
    show_compare(workspace, project or resources.require_project(), answerers)
else:
    show_export(workspace, project)
