"""What the page Feedback keeps between two drawings, and what one drawing of it needs."""

from dataclasses import dataclass
from typing import cast, get_args

import streamlit as st

from core.records import Person, Project
from core.storage import Workspace
from core.storage.feedback import FeedbackCounts, FeedbackFilter, FeedbackItem, FeedbackKind, FeedbackState

SIZE = 50
KIND, STATE = "feedback-kind", "feedback-state"  # keys of the filters
KIND_WORDS: dict[FeedbackKind, str] = {
    "down": "Thumbs down",
    "up": "Thumbs up",
    "corrected": "Corrected",
    "unanswerable": "Should not have answered",
}
STATE_WORDS: dict[FeedbackState, str] = {"open": "Open", "done": "Done", "set aside": "Set aside"}
EVERYTHING = ""  # the choice that leaves a filter open
_STATE = "feedback-inbox"


@dataclass(slots=True)
class InboxState:
    """What is kept between two drawings of the page, for one project."""

    project_id: str
    chosen: FeedbackFilter = FeedbackFilter(state="open")
    first: int = 1  # place of the page's first row among all that match
    current: str = ""  # id of the open item; "" for the first row
    note: str = ""  # what came of the last act
    trouble: str = ""  # what went wrong with it
    is_told_below: bool = False  # whether that is told below the form, where it was sent
    last: str = ""  # id of the feedback that the last act was about, which can be undone
    has_keys: bool = False  # whether the keys are listed
    turn: int = 0  # counts the times that the keyboard is to go to the answer

    def say(self, note: str = "", *, trouble: str = "", is_below: bool = False) -> None:
        """Tell what came of an act, in place of what was told before."""
        self.note, self.trouble, self.is_told_below = note, trouble, is_below


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSession:
    """Everything that one drawing of the list and the open item needs."""

    workspace: Workspace
    project: Project
    person: Person | None
    state: InboxState
    rows: list[FeedbackItem]
    counts: FeedbackCounts
    open: FeedbackItem | None
    names: dict[str, str]  # who can answer, as people call them


def inbox_state(project: Project) -> InboxState:
    """Return what is kept for this project; another project begins anew."""
    state = st.session_state.get(_STATE)
    if not isinstance(state, InboxState) or state.project_id != project.id:
        state = st.session_state[_STATE] = InboxState(project_id=project.id)
        st.session_state[KIND], st.session_state[STATE] = EVERYTHING, "open"
    st.session_state.setdefault(KIND, state.chosen.kind or EVERYTHING)  # Streamlit forgets them while another page is shown
    st.session_state.setdefault(STATE, state.chosen.state or EVERYTHING)
    return state


def chosen_filter() -> FeedbackFilter:
    """Return what the filters are set to."""
    kind, state = st.session_state.get(KIND), st.session_state.get(STATE)
    return FeedbackFilter(
        kind=cast(FeedbackKind, kind) if kind in get_args(FeedbackKind) else None,
        state=cast(FeedbackState, state) if state in get_args(FeedbackState) else None,
    )


def kinds_of(item: FeedbackItem) -> list[str]:
    """Say what a person said of an answer, such as "Thumbs down", "Corrected"."""
    said = item.feedback
    told: dict[FeedbackKind, bool] = {
        "down": said.thumb == "down",
        "up": said.thumb == "up",
        "corrected": said.correction is not None,
        "unanswerable": said.is_unanswerable,
    }
    return [KIND_WORDS[kind] for kind, is_so in told.items() if is_so]
