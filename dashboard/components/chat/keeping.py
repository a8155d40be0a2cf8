"""How long what is said is kept here: told on the page, changed by those who may set rules."""

import streamlit as st

from core.records import ChatRetention, Conversation, Kept, Project
from core.services.chat.keeping.policy import (
    KEPT,
    LONGEST_DAYS,
    counted_chats,
    due_at_once,
    is_from_before_masking,
    kept_words,
    set_retention,
)
from core.storage import Workspace
from dashboard.components.errors import shown_errors
from dashboard.components.person import acting_person, reason_against

_NOTE = "chat-keeping-note"
_USUAL_DAYS = 30
KEPT_WORDS: dict[Kept, str] = {
    "until-deleted": "Until whoever asked deletes it",
    "days": "For some days after the last message",
    "not-kept": "Not at all",
}
NOT_KEPT = "Deleted with your next conversation, when you sign out, and a day after the last message at the latest."
MASKED = (
    "Names and other personal data are replaced by labels such as <PERSON_1> before anything is stored. You see them only "
    "while the answer is written, and the model reads labels in what was said before."
)


def show_keeping(workspace: Workspace, project: Project) -> None:
    """Say in one line how long what is said here is kept, and offer the change to those who may make it."""
    if note := st.session_state.pop(_NOTE, ""):
        st.toast(note, icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="chat-keeping"):
        st.caption(
            f":material/schedule: {kept_words(project.retention)}",
            width="content",
            help=more_words(project.retention) or None,
        )
        against = reason_against(workspace, "set rules", project)
        with st.popover("Change", type="tertiary", disabled=bool(against), help=against or None, key="chat-keeping-menu"):
            _show_change(workspace, project)


def more_words(retention: ChatRetention) -> str:
    """Say what the short line leaves out."""
    said = [NOT_KEPT] if retention.kept == "not-kept" else []
    if retention.kept == "days":
        said.append("After the last message of a conversation; it is deleted for good then. You can delete it before.")
    return " ".join([*said, MASKED.replace("<", "\\<")] if retention.is_masked else said)


def show_kept(project: Project, conversation: Conversation | None) -> None:
    """Say when a conversation ends that is not kept, and that one may hold personal data from before it was masked here."""
    if project.retention.kept == "not-kept":
        st.caption(f":material/schedule: {NOT_KEPT}")
    if conversation and is_from_before_masking(project.retention, conversation.created_at):
        st.caption(
            ":material/info: Begun before personal data was masked here: what was said until then stays as it was stored. "
            "Delete the conversation if it must not."
        )


def _show_change(workspace: Workspace, project: Project) -> None:
    before = project.retention
    st.markdown("**How long chats, compared answers, votes, feedback and question-file comparisons are kept here**")
    kept = st.radio(
        "How long",
        KEPT,
        index=KEPT.index(before.kept),
        format_func=lambda each: KEPT_WORDS[each],
        key=f"chat-kept-{project.id}",
        label_visibility="collapsed",
    )
    days = None
    if kept == "days":
        days = int(st.number_input("Days", 1, LONGEST_DAYS, value=before.days or _USUAL_DAYS, key=f"chat-days-{project.id}"))
    if kept == "not-kept":
        st.caption(NOT_KEPT)
    is_masked = st.toggle("Mask personal data", value=before.is_masked, key=f"chat-masked-{project.id}")
    if is_masked:
        st.caption(MASKED.replace("<", "\\<"))
    is_same = (kept, days, is_masked) == (before.kept, before.days, before.is_masked)
    words = "This is how it is now." if is_same else effect_words(workspace, project, kept, days, is_masked=is_masked)
    if words:
        st.markdown(words)
    person = acting_person()
    is_wanted = st.button(
        "Change it", icon=":material/schedule:", disabled=is_same or person is None, key="chat-keeping-change"
    )
    if person is None:
        st.caption("Write your name first: the change is kept in the audit log with it.")
    elif is_wanted:
        with shown_errors():
            deleted = set_retention(workspace, project, kept, days=days, is_masked=is_masked, actor=person)
            st.session_state[_NOTE] = f"Changed. {counted_chats(deleted)} deleted." if deleted else "Changed."
            st.rerun()


def effect_words(workspace: Workspace, project: Project, kept: Kept, days: int | None, *, is_masked: bool) -> str:
    """Describe in sentences what a change does to what is kept already."""
    words = []
    if number := due_at_once(workspace, project, kept, days=days):
        words.append(f"**{counted_chats(number)} of the people of this project will be deleted at once.**")
    if is_masked and not project.retention.is_masked:
        words.append("What was said before stays as it was stored.")
    return " ".join(words)
