"""The map of the passages: a page of documents, in an order and with a search where there are many."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.records import Project
from core.storage import Workspace
from core.storage.pairs.coverage import (
    DocumentCoverage,
    DocumentOrder,
    chosen_documents,
    document_coverage,
    passage_coverage,
)
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.pager import Ways, show_ways
from dashboard.components.questions.curation.filters import DOCUMENT, PASSAGE
from dashboard.components.questions.curation.heat_map import MOST_CELLS, by_document, show_heat_map
from dashboard.components.questions.curation.passage_card import open_passage

AT_ONCE = 20  # documents on a page
FEW, MAP_PX = 5, 340  # documents whose map is shown whole, and the height of the part in sight where there are more
ORDERS: dict[DocumentOrder, str] = {
    "least covered": "Least asked about first",
    "most covered": "Most asked about first",
    "name": "By name",
    "added": "As they were added",
}
_STATE = "coverage-map-state"


@dataclass(slots=True)
class _State:
    """What is kept between two drawings, for one project."""

    project_id: str
    page: int = 0  # counted from 0
    seen: str = ""  # the passage that was open when the map was drawn last
    has_opened: bool = False  # whether a passage was just opened, so that the list below is to be drawn again

    def go(self, page: int) -> None:
        """Go to a page."""
        self.page = page


@st.fragment(key="coverage-map")
def show_coverage_map(workspace: Workspace, project: Project) -> None:
    """Show a cell for each passage of the approved documents, drawn on its own when somebody looks for another document."""
    with shown_errors():
        state = _state(project)
        if state.has_opened:
            state.has_opened = False
            st.rerun(scope="app")
        documents = document_coverage(workspace, project.id)
        st.markdown("**How much of each document is asked about**")
        if not documents:
            st.caption("No document is approved at the moment.")
            return
        _show_sum(documents)
        found = _ask(project, state, documents) if len(documents) > AT_ONCE else chosen_documents(documents)
        if not found:
            st.caption("No document has these words in its name.")
            return
        _follow_open(state, found)
        state.page = min(state.page, (len(found) - 1) // AT_ONCE)
        _show_page(workspace, project, state, found)


def _state(project: Project) -> _State:
    state = st.session_state.get(_STATE)
    if not isinstance(state, _State) or state.project_id != project.id:
        state = st.session_state[_STATE] = _State(project.id)
    return state


def _show_sum(documents: list[DocumentCoverage]) -> None:
    covered, passages = sum(each.covered for each in documents), sum(each.passages for each in documents)
    is_long = any(each.passages > MOST_CELLS for each in documents)
    square = "Each square is a passage" + (", or some of a long document" if is_long else "")
    st.markdown(
        f"{covered:,} of {passages:,} passages ({round(100 * covered / passages)} %) have a kept pair. {square}, in order: "
        "click one to see its text and its pairs."
    )


def _ask(project: Project, state: _State, documents: list[DocumentCoverage]) -> list[DocumentCoverage]:
    """Draw search and order; return the documents that are found, in that order."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Find a document",
            key=f"map-words-{project.id}",
            placeholder="Words of its name",
            icon=":material/search:",
            on_change=partial(state.go, 0),
            width=220,
        )
        order = st.selectbox(
            "Order",
            list(ORDERS),
            format_func=ORDERS.__getitem__,
            key=f"map-order-{project.id}",
            on_change=partial(state.go, 0),
            width=220,
        )
    return chosen_documents(documents, words=words, order=order)


def _follow_open(state: _State, found: list[DocumentCoverage]) -> None:
    """Go to the page of the passage that was opened since the last drawing, also by another way than the map."""
    passage_id, document_id = st.session_state.get(PASSAGE) or "", st.session_state.get(DOCUMENT)
    if passage_id and passage_id != state.seen:
        place = next((place for place, each in enumerate(found) if each.document_id == document_id), None)
        state.page = state.page if place is None else place // AT_ONCE
    state.seen = passage_id


def _show_page(workspace: Workspace, project: Project, state: _State, found: list[DocumentCoverage]) -> None:
    first = state.page * AT_ONCE
    shown = [each.document_id for each in found[first : first + AT_ONCE]]
    rows = passage_coverage(workspace, project.id, document_ids=shown)
    documents_of = {row.passage_id: row.document_id for row in rows}

    def opened(passage_id: str) -> None:
        state.has_opened = True
        open_passage(passage_id, documents_of[passage_id])

    with st.container(height=MAP_PX if len(shown) > FEW else "content", border=False):
        show_heat_map(by_document(rows), shown=state.seen, opened=opened)
    if len(found) > AT_ONCE:
        last = (len(found) - 1) // AT_ONCE
        ways = Ways(
            first=partial(state.go, 0), previous=partial(state.go, state.page - 1), next=partial(state.go, state.page + 1),
            last=partial(state.go, last), has_previous=state.page > 0, has_next=state.page < last,
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_ways(ways, key="map-page")
            told = f"{first + 1:,} to {first + len(shown):,} of {counted(len(found), 'document')}"
            st.caption(told, width="content")
