"""Who answers and how: the manner in words, its numbers below, and the instruction that begins the conversation."""

import streamlit as st

from core.errors import GarrisonError
from core.records import ChatSetup, Conversation, Project
from core.services.chat import conversations as kept
from core.services.chat.instructions import BUILT_IN, instructions, keep_instruction, remove_instruction
from core.storage import Workspace
from dashboard.components.chat.remembered import show_forgetting
from dashboard.components.errors import show_error, shown_errors
from dashboard.session_keys import CHAT_ANSWERER

MANNERS = {0.0: "Precise", 0.5: "Balanced", 1.0: "Free"}
MANNER_HELP = (
    "**Precise**: the likeliest words, the same answer every time; for facts. **Balanced**: some variety. "
    "**Free**: for ideas and wordings; facts are wrong more often."
)
MOST_TOKENS = 8192
_WORDS_A_PIECE = 0.75  # words of English for each piece that a model reads or writes


def choose_setup(
    workspace: Workspace, project: Project, answerers: dict[str, str], *, conversation: Conversation | None
) -> ChatSetup:
    """Draw who answers and how, and return it; what is changed in a conversation is stored with it."""
    key = conversation.id if conversation else "new"
    names = list(answerers)
    asked = st.session_state.pop(CHAT_ANSWERER, None)
    before = conversation.setup if conversation else ChatSetup(answerer=asked if asked in answerers else names[0])
    if asked in answerers and conversation is None:
        st.session_state["chat-who-new"] = asked
    if before.answerer not in answerers:
        st.warning("Who answered here is not on this machine any more. Choose who goes on.", icon=":material/person_off:")
    name = st.selectbox(
        "Who answers",
        names,
        index=names.index(before.answerer) if before.answerer in answerers else 0,
        format_func=lambda name: answerers.get(name, name),
        key=f"chat-who-{key}",
        width=280,
    )
    from_documents = st.toggle(
        "Answer from the documents",
        value=before.from_documents,
        key=f"chat-documents-{key}",
        help="The model reads what the approved documents say about the question. The answer names its sources, says which "
        "sentences nothing supports, and is refused where the documents do not tell.",
    )
    remembers = st.toggle(
        "Use what was said before",
        value=before.remembers,
        key=f"chat-remembers-{key}",
        help="Where it fits your question, the model reads what you asked earlier in this project and what was answered. "
        "Below each answer stands what was remembered. If the model is on another machine, these words go there, too.",
    )
    with st.popover("Settings", icon=":material/tune:", key="chat-settings"):
        temperature, longest_tokens = _choose_manner(before, key)
        st.divider()
        instruction = _choose_instruction(workspace, project, before, key)
        st.divider()
        show_forgetting(workspace, project, key=key)
    setup = ChatSetup(
        answerer=name,
        instruction=instruction.strip(),
        temperature=temperature,
        longest_tokens=longest_tokens,
        from_documents=from_documents,
        remembers=remembers,
    )
    if conversation and setup != conversation.setup:
        kept.set_up(workspace, conversation.id, setup)
    return setup


def _choose_manner(before: ChatSetup, key: str) -> tuple[float, int]:
    words, number = f"chat-manner-{key}", f"chat-freedom-{key}"
    if number not in st.session_state:
        st.session_state[number] = before.temperature
        st.session_state[words] = before.temperature if before.temperature in MANNERS else None

    def take_words() -> None:
        if st.session_state[words] is not None:
            st.session_state[number] = st.session_state[words]

    def take_number() -> None:
        st.session_state[words] = st.session_state[number] if st.session_state[number] in MANNERS else None

    st.segmented_control(
        "Manner", list(MANNERS), format_func=lambda each: MANNERS[each], key=words, help=MANNER_HELP, on_change=take_words
    )
    freedom = st.slider("In numbers: freedom", 0.0, 1.5, step=0.1, format="%.1f", key=number, on_change=take_number)
    longest = st.number_input(
        "Longest answer",
        64,
        MOST_TOKENS,
        value=before.longest_tokens,
        step=64,
        key=f"chat-longest-{key}",
        help="In the pieces that a model writes; about three of them make two words. A longer answer is cut, and you can "
        "let the model go on.",
    )
    st.caption(f"Up to about {round(longest * _WORDS_A_PIECE, -1):,.0f} words.")
    return round(freedom, 2), int(longest)


def _choose_instruction(workspace: Workspace, project: Project, before: ChatSetup, key: str) -> str:
    """Draw the instruction with the templates above it; return its text."""
    texts = instructions(workspace, project)
    template, field = f"chat-template-{key}", f"chat-instruction-{key}"
    if field not in st.session_state:
        st.session_state[field] = before.instruction

    def take() -> None:
        st.session_state[field] = texts.get(st.session_state[template] or "", "")

    chosen = st.selectbox(
        "Begin with an instruction", list(texts), index=None, placeholder="None, or your own", key=template, on_change=take
    )
    text = st.text_area(
        "What the model is to keep to", key=field, height=110, placeholder="Answer in short sentences …", max_chars=8_000
    )
    _show_own(workspace, project, chosen if chosen and chosen not in BUILT_IN else "", text=text, key=key)
    return text


def _show_own(workspace: Workspace, project: Project, chosen: str, *, text: str, key: str) -> None:
    """Draw what keeps an instruction for the project, and what removes the chosen one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Keep it for this project as", key=f"chat-own-{key}", max_chars=40, width=220)
        if st.button("Keep", key=f"chat-keep-{key}", disabled=not (name.strip() and text.strip())):
            with shown_errors():
                keep_instruction(workspace, project, name, text=text)
                st.toast("Kept for everybody in this project.", icon=":material/check:")
    if chosen and st.button(f"Remove “{chosen}”", key=f"chat-remove-{key}", type="tertiary"):
        try:
            remove_instruction(workspace, project, chosen)
        except GarrisonError as error:
            show_error(error)
        else:
            st.rerun()
