"""An open passage above its pairs: its text, what there is to do about it, and the way to the passages around it."""

from collections.abc import Callable

import streamlit as st

from core import jobs
from core.records import Project
from core.services.questions.filtering import filter_settings_of
from core.services.questions.generation import Params
from core.services.questions.question_pairs import PassageInSight, approved_passage
from core.settings import GenerationSettings
from core.storage import Workspace
from core.storage.pairs.coverage import PassageCoverage, PassageWays, passage_ways
from core.storage.pairs.pages import PairFilter, pair_counts
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.questions.curation import doing
from dashboard.components.questions.curation.filters import choose_passage, clear_filters
from dashboard.components.questions.curation.session import CurationSession
from dashboard.components.reach import go_to
from dashboard.components.words import unformatted

CARD = "open-passage"  # key of the card, to which the browser goes
LONG, TEXT_PX = 600, 170  # characters from which a text is scrolled, and the height of the part in sight


def open_passage(passage_id: str, document_id: str) -> None:
    """Show a passage with its pairs, and go there."""
    choose_passage(passage_id, document_id)
    go_to(CARD)


def show_passage(session: CurationSession, passage_id: str, settings: GenerationSettings | None) -> None:
    """Show an approved passage with what can be done about it."""
    passage = approved_passage(session.workspace, session.project, passage_id)
    with st.container(border=True, key=CARD):
        if passage is None:
            st.markdown("**The text of this passage is not approved.** Review and approve it on the page Review.")
            st.button("Show all pairs", icon=":material/filter_alt_off:", key="passage-close", on_click=clear_filters)
            return
        ways = passage_ways(
            session.workspace, session.project.id, passage_id=passage.id, document_id=passage.document_id
        )  # fmt: skip
        st.markdown(f"**{_place_words(passage, ways)}**")
        with st.container(border=False, height=TEXT_PX if len(passage.text) > LONG else "content"):
            st.text(passage.text)
        pairs = pair_counts(session.workspace, session.project.id, _pairs_of(passage)).by["state"]
        st.markdown(_advice(passage, pairs.get("kept", 0), pairs.get("dropped", 0)))
        _show_acts(session, passage, settings, is_empty=not pairs)
        _show_ways(session, ways)


def _pairs_of(passage: PassageInSight) -> PairFilter:
    return PairFilter(document_id=passage.document_id, passage_id=passage.id)


def _place_words(passage: PassageInSight, ways: PassageWays) -> str:
    """Say which passage this is, such as "Manual.pdf · page 3 · passage 12 of 45"."""
    number = f"passage {ways.number:,} of {ways.of:,}" if ways.number else ""
    parts = (unformatted(passage.document_name), unformatted(passage.page), unformatted(passage.heading), number)
    return " · ".join(part for part in parts if part)


def _advice(passage: PassageInSight, kept: int, dropped: int) -> str:
    """Say what there is of a passage, and what to do where nothing is kept."""
    if kept:
        rest = f", {dropped:,} dropped" if dropped else ""
        return f":material/check_circle: {counted(kept, 'pair')} kept{rest}."
    if dropped:
        return (
            f":material/cancel: Nothing is kept: {counted(dropped, 'pair')} dropped. The list says why. Keep or edit one, "
            "or add a pair by hand."
        )
    if passage.is_written:
        return (
            ":material/info: No pairs. A model read this passage and found nothing to ask that the text proves. Add a pair "
            "by hand, or choose another model or way of writing above and have it written again."
        )
    return ":material/info: No pairs. Nobody has written about this passage yet."


def _show_acts(
    session: CurationSession, passage: PassageInSight, settings: GenerationSettings | None, *, is_empty: bool
) -> None:
    is_asked = False
    with st.container(horizontal=True, gap="small"):
        if settings is not None:
            is_asked = st.button(
                "Write questions for this passage" if is_empty else "Write again for this passage",
                type="primary" if is_empty and not passage.is_written else "secondary",
                icon=":material/edit_note:",
                key="passage-write",
                help="With the model and the settings chosen above. Pairs you decided on, edited or added stay.",
            )
        st.button(
            "Add a pair by hand", icon=":material/add:", key="passage-add", on_click=doing.turn_to, args=(session, "add")
        )  # fmt: skip
    if is_asked and settings is not None:
        with shown_errors():
            _write(session.workspace, session.project, passage, settings)


def _write(workspace: Workspace, project: Project, passage: PassageInSight, settings: GenerationSettings) -> None:
    params = Params(
        settings=settings.in_full(),
        filters=filter_settings_of(workspace, project).in_full(),
        passage_ids=(passage.id,),
    )
    jobs.submit(workspace, params, project_id=project.id)
    go_to(CARD)
    st.rerun(scope="app")


def _show_ways(session: CurationSession, ways: PassageWays) -> None:
    """Offer the passages before and after, the next one that is not asked about, and all pairs."""
    with st.container(horizontal=True, gap="small"):
        for name, words, icon, row in (
            ("before", "Passage before", "chevron_left", ways.before),
            ("after", "Next passage", "chevron_right", ways.after),
            ("bare", "Next one not asked about", "search", ways.bare),
        ):
            st.button(
                words, icon=f":material/{icon}:", key=f"passage-{name}", type="tertiary", disabled=row is None,
                on_click=_go(session, row) if row is not None else None,
            )  # fmt: skip
        st.button(
            "Show all pairs", icon=":material/filter_alt_off:", key="passage-close", type="tertiary",
            on_click=_leave, args=(session,),
        )  # fmt: skip


def _go(session: CurationSession, row: PassageCoverage) -> Callable[[], None]:
    def go() -> None:
        choose_passage(row.passage_id, row.document_id)
        session.state.mode, session.state.has_moved = "read", True  # the map above marks another one

    return go


def _leave(session: CurationSession) -> None:
    clear_filters()
    session.state.mode, session.state.has_moved = "read", True
