"""Chat & compare: talk to a model or a run, ask several the same."""

import streamlit as st

from core.records import ChatTurn, Conversation, Project
from core.services.chat.conversations import conversations
from core.services.chat.earlier.remembering import recalled_in
from core.services.chat.starters import starter_questions
from core.services.chat.turns import turns
from core.storage import Workspace
from dashboard import resources
from dashboard.components.answerers import show_where, who_can_answer
from dashboard.components.chat.acts import Act, request, requested
from dashboard.components.chat.answer_html import STYLE
from dashboard.components.chat.chosen import chosen_conversation
from dashboard.components.chat.compare import show_compare
from dashboard.components.chat.conversation_list import show_list, show_menu
from dashboard.components.chat.following import follow
from dashboard.components.chat.keeping import show_keeping, show_kept
from dashboard.components.chat.note import show_note
from dashboard.components.chat.setup import choose_setup
from dashboard.components.chat.turns import show_turn
from dashboard.components.chat.writing import Place, carry_out, show_last_error
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.one_of import one_of
from dashboard.components.words import unformatted
from dashboard.session_keys import USE_NOTE

MODES = {"chat": "Chat", "compare": "Compare"}
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
    show_kept(project, conversation)
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
    if conversation:
        show_note(workspace, conversation, opener=lambda: resources.answerer(workspace, setup.answerer))
    recalled = recalled_in(workspace, conversation.id) if conversation else {}
    for turn in _newest(shown):
        name_then = answerers.get(turn.answerer, turn.answerer)
        show_turn(workspace, turn, name=name_then, is_last=turn is said[-1] and not act, recalled=recalled)
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
    st.caption(
        "Answers can be wrong: a model sounds sure either way. Only you see this conversation, but for what you judge."
    )
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


def choose_mode() -> str:
    """Draw the choice between chat and compare; return the chosen one."""
    return one_of("What to do", MODES, key="chat-mode")


workspace = resources.workspace()
project = resources.current_project()
answerers = who_can_answer(workspace, project)
if not answerers:
    empty_state("There is no model on this machine yet. Add one first.", page="models", label="Add a model")
else:
    project = project or resources.require_project()
    if note := st.session_state.pop(USE_NOTE, ""):
        st.success(note, icon=":material/check_circle:")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="chat-head"):
        mode = choose_mode()
        show_keeping(workspace, project)
    if mode == "chat":
        show_chat(workspace, project, answerers)
    else:
        show_compare(workspace, project, answerers)
