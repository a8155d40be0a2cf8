"""The list of a person's conversations, and what can be done with the open one."""

from collections.abc import Sequence

import streamlit as st

from core.records import Conversation, Project
from core.services.chat import chat_export
from core.services.chat import conversations as kept
from core.storage import Workspace
from core.words import counted
from dashboard.components.chat.chosen import open_conversation
from dashboard.components.errors import shown_errors
from dashboard.components.words import unformatted

MOST_SHOWN = 40


def show_list(workspace: Workspace, project: Project, found: Sequence[Conversation], *, chosen: Conversation | None) -> None:
    """Draw the button for a new conversation, the search, and the conversations, pinned ones first."""
    st.button(
        "New conversation",
        icon=":material/add_comment:",
        key="new-conversation",
        width="stretch",
        on_click=open_conversation,
        args=[""],
    )
    if not found:
        st.caption("Your conversations will stand here. Nobody else sees them.")
        return
    words = st.text_input("Search", key="chat-search", placeholder="Search your conversations", label_visibility="collapsed")
    shown = kept.conversations(workspace, project, words=words) if words.strip() else found
    if not shown:
        st.caption("No conversation has these words.")
    with st.container(key="chat-list", gap="xxsmall"):
        for each in shown[:MOST_SHOWN]:
            st.button(
                unformatted(each.title),
                icon=":material/keep:" if each.is_pinned else None,
                type="secondary" if chosen and each.id == chosen.id else "tertiary",
                key=f"open-{each.id}",
                width="stretch",
                on_click=open_conversation,
                args=[each.id],
            )
    if len(shown) > MOST_SHOWN:
        st.caption(f"And {counted(len(shown) - MOST_SHOWN, 'older one')}: search for them.")


def show_menu(workspace: Workspace, conversation: Conversation) -> None:
    """Draw the menu of the open conversation: name, pin, files, deletion."""
    with st.popover("Conversation", icon=":material/more_horiz:", key="chat-menu"):
        with st.form(f"rename-{conversation.id}", border=False):
            title = st.text_input("Name", value=conversation.title, key=f"chat-title-{conversation.id}")
            if st.form_submit_button("Rename"):
                with shown_errors():
                    kept.rename(workspace, conversation.id, title)
                    st.rerun()
        label, icon = ("Take from the top", ":material/keep_off:") if conversation.is_pinned else ("Pin", ":material/keep:")
        if st.button(label, icon=icon, key="chat-pin", width="stretch"):
            kept.pin(workspace, conversation.id, is_pinned=not conversation.is_pinned)
            st.rerun()
        for words, suffix, mime, written in (
            ("Save to read (Markdown)", "md", "text/markdown", chat_export.as_markdown),
            ("Save for programs (JSONL)", "jsonl", "application/jsonl", chat_export.as_jsonl),
        ):
            st.download_button(
                words,
                lambda written=written: written(workspace, conversation.id),  # type: ignore[misc]
                file_name=f"{conversation.id}.{suffix}",
                mime=mime,
                icon=":material/download:",
                key=f"chat-save-{suffix}",
                on_click="ignore",
                width="stretch",
            )
        if st.checkbox("Delete for good", key=f"chat-delete-{conversation.id}"):
            st.caption(
                "Its questions, answers and feedback are gone then; what experts made of the feedback stays. "
                "This cannot be undone."
            )
            if st.button("Delete this conversation", type="primary", icon=":material/delete_forever:", key="chat-delete"):
                kept.delete_for_good(workspace, conversation.id)
                open_conversation("")
                st.rerun()
