"""A curation session: which pairs are shown, which one is open, what is being done with it, and in whose name."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.errors import InputError
from core.identity import declared
from core.records import AuditAction, Person, Project
from core.services.questions import curation
from core.storage import Workspace
from core.storage.pairs.pages import NumberedPair, PairCounts, PairFilter, PairPage
from core.words import counted
from dashboard.components.person import signed_in
from dashboard.components.questions.curation.filters import clear_filters
from dashboard.components.reach import go_to
from dashboard.session_keys import REVIEWER

SIZES = (50, 100, 200)
Mode = Literal["read", "edit", "split", "merge", "add"]
DONE_WORDS = {
    "question pairs kept": "kept",
    "question pairs dropped": "dropped",
    "decisions on pairs removed": "left to the filters",
    "question pair edited": "edited",
    "question pair added": "added",
    "question pair split": "split",
    "question pairs merged": "merged",
}
FILTERS_APPLIED: AuditAction = "filters applied"  # it changes filter settings, beside pairs
PAIR = "open-pair"  # key of what shows the open pair
_STATE = "curation-state"


@dataclass(slots=True)
class CurationState:
    """What is kept between two runs of the page, for one project."""

    project_id: str
    chosen: PairFilter = PairFilter()
    size: int = SIZES[0]
    after: int | None = None  # the page begins after this number
    before: int | None = None  # or ends before this one
    first: int = 1  # place of the page's first row among all that match
    current: str = ""  # id of the open pair; "" for the first row, "last" for the last one
    mode: Mode = "read"
    note: str = ""  # what came of the last act
    trouble: str = ""  # what went wrong with it
    has_keys: bool = False  # whether the keys are listed
    asked: str = ""  # decision on all that match that waits for a yes
    has_moved: bool = False  # whether so many pairs changed that the figures above the list are to be drawn again
    turn: int = 0  # counts what was opened for editing, so that each gets fresh fields

    def start(self, *, after: int | None = None, before: int | None = None, first: int = 1, current: str = "") -> None:
        """Go to another page."""
        self.after, self.before, self.first, self.current = after, before, first, current

    def turn_to(self, mode: Mode) -> None:
        """Begin to do something else with the open pair."""
        self.mode, self.turn, self.note, self.trouble = mode, self.turn + 1, "", ""

    def say(self, note: str) -> None:
        """Tell what came of an act, and go back to reading."""
        self.mode, self.note, self.trouble = "read", note, ""


def curation_state(project: Project) -> CurationState:
    """Return what is kept for this project; another project begins anew, with every filter open."""
    state = st.session_state.get(_STATE)
    if not isinstance(state, CurationState) or state.project_id != project.id:
        if state is not None:
            clear_filters()
        state = st.session_state[_STATE] = CurationState(project_id=project.id)
    return state


def open_pair(project: Project, pair_id: str) -> None:
    """Open a pair, wherever in the list it stands."""
    state = curation_state(project)
    state.current, state.mode = pair_id, "read"
    go_to(PAIR)


def person_now() -> Person | None:
    """Return in whose name is decided here: whoever signed in, else the name that was given; None without one."""
    if actor := signed_in():
        return actor.person
    with suppress(InputError):
        return declared(st.session_state.get(REVIEWER) or "")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurationSession:
    """Everything that one drawing of the list and the open pair needs."""

    workspace: Workspace
    project: Project
    person: Person | None
    state: CurationState
    page: PairPage
    counts: PairCounts
    open: NumberedPair | None

    @property
    def has_next(self) -> bool:
        """Whether pairs follow this page."""
        return self.state.first + len(self.page.rows) <= self.counts.matching

    @property
    def has_previous(self) -> bool:
        """Whether pairs stand before this page."""
        return self.state.first > 1

    def next_page(self) -> None:
        """Go to the following page, if there is one."""
        if self.has_next and self.page.rows:
            self.state.start(after=self.page.rows[-1].number, first=self.state.first + len(self.page.rows))

    def previous_page(self) -> None:
        """Go to the page before, with its last row open, if there is one."""
        first = max(1, self.state.first - self.state.size)
        if first == 1 and self.has_previous:
            self.state.start(current="last")
        elif self.has_previous and self.page.rows:
            self.state.start(before=self.page.rows[0].number, first=first, current="last")

    def first_page(self) -> None:
        """Go to the first page."""
        self.state.start()

    def last_page(self) -> None:
        """Go to the last pairs."""
        first = self.counts.matching - self.state.size + 1
        if first > 1:
            self.state.start(before=2**62, first=first)


def done_words(action: str, pairs: int) -> str:
    """Say what an act did: "2 pairs dropped", "filters applied, 2 pairs changed"."""
    if action == FILTERS_APPLIED:
        return f"filters applied, {counted(pairs, 'pair') if pairs else 'no pair'} changed"
    number = 1 if action in ("question pair split", "question pairs merged") else pairs
    return f"{counted(number, 'pair')} {DONE_WORDS.get(action, 'changed')}"


def last_words(session: CurationSession) -> str:
    """Say what can be undone; "" if there is nothing."""
    last = curation.last_act(session.workspace, session.project.id, by=session.person)
    return done_words(last.action, last.pairs) if last else ""
