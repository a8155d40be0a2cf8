"""Putting the run that was compared in use, where that is permitted, and going on to talk to it."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.records import Person, Project, Run
from core.services.monitoring.in_use import LONGEST_REASON, needs_reason, put_in_use, run_in_use
from core.services.monitoring.words import use_words
from core.storage import Workspace, rights
from dashboard.components.errors import shown_errors
from dashboard.components.words import unformatted
from dashboard.session_keys import CHAT_ANSWERER, USE_NOTE

BACK = "To go back, open the page Monitoring."
NOT_SHOWN = "Nothing shows that this one is as good: say why it is to be used, or compare both on the same questions."


@dataclass(frozen=True, slots=True)
class Use:
    """A run that may be put in use, and the one that is in use now; None if none is."""

    run: Run
    used: Run | None
    is_reason_needed: bool  # because nothing shows that the run is as good as the one in use

    @property
    def is_so(self) -> bool:
        """Whether this run is the one in use."""
        return self.used is not None and self.used.id == self.run.id

    @property
    def words(self) -> str:
        """What is in use now, and what it takes to put this run in its place."""
        if self.used is None:
            return (
                "No model is in use yet. The one in use answers first on the page Chat, and the page Monitoring watches it."
            )
        if self.is_so:
            return "This run is in use."
        told = f"In use now: run {self.used.number}, {unformatted(self.used.model)}. {BACK}"
        return f"{told} {NOT_SHOWN}" if self.is_reason_needed else told


def use_of(workspace: Workspace, project: Project, run: Run) -> Use:
    """Look up how a run stands to the one in use."""
    return Use(run, run_in_use(workspace, project), needs_reason(workspace, project, run))


def show_use(workspace: Workspace, project: Project, use: Use, person: Person | None, *, is_first: bool) -> None:
    """Draw the button that puts a run in use and leads on to the chat; one that only leads there, if it cannot be pressed.

    Args:
        workspace: where the run is.
        project: whose run it is.
        use: the run to be put in use, beside the one that is.
        person: in whose name; None if they have not said who they are.
        is_first: whether this is the next step that the page offers.
    """
    run, used, is_reason_needed = use.run, use.used, use.is_reason_needed
    kind: Literal["primary", "secondary"] = "primary" if is_first else "secondary"
    if use.is_so or not rights.may(workspace.db, "train", project.id):
        if st.button("Ask this model", type=kind, icon=":material/forum:", key="ask-model"):
            _open_chat(run)
        return
    reason = ""
    if is_reason_needed:
        reason = st.text_input("Why this one", key="use-reason", max_chars=LONGEST_REASON, width=320)
    missing = "Write your name first: it is kept with the choice." if person is None else ""
    missing = missing or ("Say why first." if is_reason_needed and not reason.strip() else "")
    is_pressed = st.button(
        "Use this model",
        type=kind,
        icon=":material/check:",
        disabled=bool(missing),
        help=missing or None,
        key="use-model",
    )
    if st.button("Only ask it", type="tertiary", icon=":material/forum:", key="ask-model"):
        _open_chat(run)
    if is_pressed and person is not None:
        with shown_errors():
            put_in_use(workspace, project, run.id, reason=reason, by=person)
            st.session_state[USE_NOTE] = f"{use_words(run, used)} {BACK if used else ''}".strip()
            _open_chat(run)


def _open_chat(run: Run) -> None:
    st.session_state[CHAT_ANSWERER] = run.id
    st.switch_page("app_pages/chat.py")
