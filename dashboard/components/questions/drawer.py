"""The open question pair beside the approved passage it came from: its provenance, its wordings, and what can be done."""

import streamlit as st

from core.questions import WRITERS, drop_reason
from core.questions.filters import BY_HAND
from core.questions.kinds import KINDS, WORDINGS
from core.records import QuestionPair
from core.services.questions.question_pairs import page_around, source_of
from core.services.questions.trainable import reviewed_form
from core.storage.pairs.pages import NumberedPair, other_wordings
from core.words import counted
from dashboard.components.questions import pairs as pair_view
from dashboard.components.questions.curation import doing
from dashboard.components.questions.curation.forms import show_form
from dashboard.components.questions.curation.passage_card import open_passage
from dashboard.components.questions.curation.session import PAIR, CurationSession
from dashboard.components.questions.training_text import show_training_text
from dashboard.components.words import ago, clock, unformatted

MOST_WORDINGS = 12  # listed at once


def show_drawer(session: CurationSession) -> None:
    """Show the open pair, or the form in which it is being changed."""
    if session.state.mode != "read":
        show_form(session)
    elif session.open is not None:
        _show_pair(session, session.open)
    if session.open is not None and session.state.mode != "add":
        _show_source(session, session.open.pair)


def _show_pair(session: CurationSession, numbered: NumberedPair) -> None:
    pair = numbered.pair
    with st.container(border=True, key=PAIR):
        st.caption(state_words(pair))
        st.markdown(f"**{unformatted(pair.input)}**")
        st.markdown(unformatted(pair.output))
        st.caption(provenance(pair))
        _show_buttons(session, pair)
        _show_wordings(session, numbered)


def state_words(pair: QuestionPair) -> str:
    """Say whether a pair is kept, or why not, and who decided."""
    state = ":material/check_circle: Kept" if pair.state == "kept" else ":material/cancel: Dropped"
    reason = drop_reason(pair.reason) if pair.reason and pair.reason != BY_HAND.name else None
    why = f": {reason.words}" if reason else ""
    by = f" · by {unformatted(pair.changed_by)}" if pair.decided and pair.changed_by else ""
    return f"{state}{why}{by}"


def provenance(pair: QuestionPair) -> str:
    """Say where a pair comes from, who wrote it and how, and who changed it last."""
    way = WRITERS[pair.writer].words if pair.writer in WRITERS else "earlier version"
    made = {
        "generated": f"written automatically ({way})",
        "imported": "brought in",
        "written": "written by hand",
        "feedback": "made from feedback on an answer",
    }[pair.origin]
    edited = f"text by {unformatted(pair.edited_by)}" if pair.edited_by else ""
    kind = KINDS[pair.kind].words if pair.kind in KINDS else ""
    wording = WORDINGS[pair.wording].words if pair.wording in WORDINGS else ""
    parts = [unformatted(pair.document_name), unformatted(pair.page), made, kind, wording, edited]
    return " · ".join(part for part in parts if part)


def _show_buttons(session: CurationSession, pair: QuestionPair) -> None:
    with st.container(horizontal=True, gap="small"):
        for key, words, icon in (("k", "Keep (k)", "check"), ("d", "Drop (d)", "close")):
            is_so = pair.decided == ("kept" if key == "k" else "dropped")
            st.button(
                words,
                icon=f":material/{icon}:",
                key=f"open-{key}",
                disabled=is_so,
                on_click=_decide,
                args=(session, pair.id, key),
            )
        st.button("Edit (e)", icon=":material/edit:", key="open-e", on_click=doing.turn_to, args=(session, "edit"))
        with st.popover("More", icon=":material/more_horiz:"):
            for mode, words, icon in (
                ("split", "Split in two", "call_split"),
                ("merge", "Merge with another", "call_merge"),
            ):
                st.button(
                    words, icon=f":material/{icon}:", key=f"open-{mode}", on_click=doing.turn_to, args=(session, mode)
                )  # fmt: skip
            st.button(
                "Leave it to the filters (x)", icon=":material/undo:", key="open-x", disabled=pair.decided is None,
                on_click=_decide, args=(session, pair.id, "x"),
            )  # fmt: skip


def _decide(session: CurationSession, pair_id: str, key: str) -> None:
    from dashboard.components.questions.curation.row_list import Pressed

    doing.answer(session, [Pressed(key, pair_id, pair_id)])


def _show_wordings(session: CurationSession, numbered: NumberedPair) -> None:
    others = other_wordings(session.workspace, numbered.pair, limit=MOST_WORDINGS) if numbered.wordings > 1 else []
    if others:
        with st.expander(f"{counted(numbered.wordings, 'wording')} of this fact"):
            for other in others:
                sign = ":material/check_circle:" if other.state == "kept" else ":material/cancel:"
                how = f" :small[({WORDINGS[other.wording].words})]" if other.wording in WORDINGS else ""
                st.button(
                    f"{sign} {unformatted(other.input)}{how}", key=f"wording-{other.id}", type="tertiary",
                    on_click=_open, args=(session, other.id), wrap=True,
                )  # fmt: skip


def _open(session: CurationSession, pair_id: str) -> None:
    session.state.current = pair_id


def _show_training_text(session: CurationSession, pair: QuestionPair) -> None:
    if pair.state == "kept" and (reviewed := reviewed_form(session.workspace, pair)):
        show_training_text(session.workspace, reviewed)
    else:
        st.caption("Nothing: no training uses a pair that is dropped, or whose text is not approved.")


def _open_passage(session: CurationSession, passage_id: str, document_id: str) -> None:
    open_passage(passage_id, document_id)
    session.state.has_moved = True


def _show_source(session: CurationSession, pair: QuestionPair) -> None:
    with st.container(border=True, key="open-source"):
        st.markdown("**Where it stands**")
        source = source_of(session.workspace, pair)
        if source.before or source.after or (source.quote and pair.review_id is not None):
            st.html(pair_view.source_html(source))
        else:
            st.caption("This pair was brought in ready-made: it has no passage of its own.")
        if (page := page_around(session.workspace, pair)) and page != source:
            with st.expander(f"The whole {pair.page}"):
                st.html(pair_view.source_html(page))
        if pair.passage_id is not None and pair.passage_id != session.state.chosen.passage_id:
            st.button(
                "All pairs of this passage", icon=":material/filter_alt:", key="open-passage-pairs", type="tertiary",
                on_click=_open_passage, args=(session, pair.passage_id, pair.document_id),
            )  # fmt: skip
    with st.expander("What a model learns from it", key="open-training-text", on_change="rerun") as shown:
        if shown.open:
            _show_training_text(session, pair)
    with st.expander("Details", key="open-details"):
        lines = [f"Pair `{pair.id}`", f"fact `{pair.fact}`" if pair.fact else "", f"written {clock(pair.created_at)}"]
        st.caption(" · ".join(line for line in lines if line))
        if pair.changed_at:
            st.caption(
                f"Changed by {unformatted(pair.changed_by or '')} {ago(pair.changed_at)}", help=clock(pair.changed_at)
            )
        if pair.reason and (told := drop_reason(pair.reason).description):
            st.caption(told)
