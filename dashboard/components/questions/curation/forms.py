"""The forms of the session: edit, split or merge a pair, or add one from a passage."""

import streamlit as st

from core.errors import GarrisonError
from core.questions import drop_reason
from core.questions.filters import LEFT_OVER, NOT_FOUND
from core.records import Document, QuestionPair
from core.services.questions import curation
from core.services.questions.curation import Place, Wording
from core.storage import find
from core.storage.pairs.pages import PairFilter, other_wordings, pair_page
from dashboard.components.errors import show_error
from dashboard.components.questions import pairs as pair_view
from dashboard.components.questions.curation.checking import detector_for
from dashboard.components.questions.curation.doing import noted_errors
from dashboard.components.questions.curation.session import CurationSession
from dashboard.components.review.session import draw_again

CHECKED = "What you write is searched for personal data and held against the passage before it is kept."
FOCUS = {"edit": "write-answer", "split": "write-answer", "merge": "write-answer", "add": "write-question"}


def show_form(session: CurationSession) -> None:
    """Show the form of what is being done; without an open pair, only adding is possible."""
    with st.container(border=True, key="curation-form"):
        try:
            if session.state.mode == "add":
                _show_add(session)
            elif session.open is not None:
                shown = curation.shown_for_edit(session.workspace, session.open.pair)
                show = {"edit": _show_edit, "split": _show_split, "merge": _show_merge}[session.state.mode]
                show(session, session.open.pair, shown)
        except GarrisonError as error:
            show_error(error)
            st.button("Leave it (Esc)", key="form-leave", on_click=_leave, args=(session,))


def _show_edit(session: CurationSession, pair: QuestionPair, shown: Wording) -> None:
    st.markdown("**Edit this pair**")
    with st.form(f"edit-{pair.id}-{session.state.turn}", border=False):
        written = _fields(session, shown)
        is_sent = _buttons(session, "Save and keep")
    if is_sent:
        with noted_errors(session):
            detector = detector_for(session.workspace, session.project)
            edited = curation.edit(session.workspace, pair, written, detector=detector, by=session.person)
            _tell(session, edited, "Saved and kept.")
        _go_on(session)


def _show_split(session: CurationSession, pair: QuestionPair, shown: Wording) -> None:
    st.markdown("**Make two pairs of this one**")
    with st.form(f"split-{pair.id}-{session.state.turn}", border=False):
        first = _fields(session, shown, number="First ")
        second = _fields(session, Wording(question="", answer=""), number="Second ")
        is_sent = _buttons(session, "Save both")
    if is_sent:
        with noted_errors(session):
            detector = detector_for(session.workspace, session.project)
            one, other = curation.split(session.workspace, pair, first, second, detector=detector, by=session.person)
            _tell(session, one if one.state == "dropped" else other, "Two pairs made of one.")
        _go_on(session)


def _show_merge(session: CurationSession, pair: QuestionPair, shown: Wording) -> None:
    st.markdown("**Merge this pair with another**")
    candidates = {each.id: each for each in _merge_candidates(session, pair)}
    if not candidates:
        st.caption("There is no other pair of the same fact or passage.")
        st.button("Leave it (Esc)", key="form-leave", on_click=_leave, args=(session,))
        return
    key = f"merge-with-{session.state.turn}"
    chosen = candidates[st.selectbox("With", list(candidates), format_func=lambda each: candidates[each].input, key=key)]
    joined = Wording(question=shown.question, answer=_joined(shown.answer, chosen.output))
    with st.form(f"merge-{pair.id}-{chosen.id}-{session.state.turn}", border=False):
        written = _fields(session, joined, suffix=chosen.id)
        st.caption("The other pair goes; undo brings it back.")
        is_sent = _buttons(session, "Merge")
    if is_sent:
        with noted_errors(session):
            detector = detector_for(session.workspace, session.project)
            merged = curation.merge(session.workspace, pair, chosen, written, detector=detector, by=session.person)
            _tell(session, merged, "Two pairs became one.")
        _go_on(session)


def _show_add(session: CurationSession) -> None:
    st.markdown("**Add a pair**")
    documents = {each.id: each for each in _approved_documents(session)}
    if not documents:
        st.caption("A pair is added from an approved document, and none is approved. Approve one on the page Review.")
        st.button("Leave it (Esc)", key="form-leave", on_click=_leave, args=(session,))
        return
    near_document, near_passage = _near(session)
    ids, turn = list(documents), session.state.turn
    document_id = st.selectbox(
        "Document", ids, index=ids.index(near_document) if near_document in ids else 0,
        format_func=lambda key: documents[key].name, key=f"add-document-{turn}",
    )  # fmt: skip
    passages = {each.id: each for each in session.workspace.approved_passages(documents[document_id])[1]}
    passage_ids = list(passages)
    passage_id = st.selectbox(
        "Passage", passage_ids,
        index=passage_ids.index(near_passage) if near_passage in passages else 0,
        format_func=lambda key: pair_view.passage_label(passages[key]), key=f"add-passage-{turn}",
    )  # fmt: skip
    with st.container(border=True, height=180):
        st.text(passages[passage_id].text)
    with st.form(f"add-{turn}", border=False):
        written = _fields(session, Wording(question="", answer=""))
        quote = st.text_input(
            "Words of the passage that prove it",
            key=f"add-quote-{turn}",
            placeholder="May be left empty: they are looked for",
        )
        is_sent = _buttons(session, "Add and keep")
    if is_sent:
        with noted_errors(session):
            place = Place(document_id=document_id, passage_id=passage_id, quote=quote)
            detector = detector_for(session.workspace, session.project)
            added = curation.add(session.workspace, session.project, place, written, detector=detector, by=session.person)
            _tell(session, added, "Added.")
        _go_on(session)


def _near(session: CurationSession) -> tuple[str | None, str | None]:
    """Return document and passage that a pair is most likely added to: those that were opened, or those of the open pair."""
    if session.state.chosen.passage_id:
        return session.state.chosen.document_id, session.state.chosen.passage_id
    return (session.open.pair.document_id, session.open.pair.passage_id) if session.open else (None, None)


def _fields(session: CurationSession, shown: Wording, *, number: str = "", suffix: str = "") -> Wording:
    """Draw the fields for question and answer."""
    name, turn = number.strip().lower(), f"{session.state.turn}{suffix}"
    is_led = number != "Second "
    with st.container(key="write-question" if is_led else "write-second-question"):
        question = st.text_area(
            f"{number}question".capitalize(), shown.question, height=80, key=f"write-{name}-question-{turn}"
        )
    with st.container(key="write-answer" if is_led else "write-second-answer"):
        answer = st.text_area(f"{number}answer".capitalize(), shown.answer, height=110, key=f"write-{name}-answer-{turn}")
    return Wording(question=question or "", answer=answer or "")


def _buttons(session: CurationSession, words: str) -> bool:
    """Draw what sends a form or leaves it; return whether it was sent."""
    with st.container(horizontal=True, gap="small"):
        is_sent = st.form_submit_button(words, type="primary", icon=":material/check:", key="form-send")
        if st.form_submit_button("Leave it (Esc)", key="form-leave"):
            _leave(session)
            draw_again()
    st.caption(CHECKED)
    return is_sent


def _tell(session: CurationSession, pair: QuestionPair, words: str) -> None:
    """Say what became of a pair that was written; one that is not kept says why."""
    session.state.current = pair.id
    if pair.state == "kept":
        session.state.say(words)
        return
    session.state.say("")
    reason = drop_reason(pair.reason)
    session.state.trouble = NOT_KEPT.get(pair.reason, f"Saved, but not kept: {reason.words.lower()}.")


def _go_on(session: CurationSession) -> None:
    """Draw again once a form is done; while something is wrong with it, say what."""
    if session.state.mode == "read":
        draw_again()
    st.warning(session.state.trouble, icon=":material/warning:")
    session.state.trouble = ""


NOT_KEPT = {
    LEFT_OVER.name: "Saved, but not kept: it holds personal data that the approved text does not have. Edit it once more.",
    NOT_FOUND.name: "Saved, but not kept: the passage does not say this. Edit it, or keep it if you answer for it.",
}


def _leave(session: CurationSession) -> None:
    session.state.mode = "read"


def _joined(first: str, second: str) -> str:
    return first if second.strip() in first else f"{first.rstrip()} {second.lstrip()}"


def _merge_candidates(session: CurationSession, pair: QuestionPair) -> list[QuestionPair]:
    """Return the other pairs of the same fact, then those of the same passage."""
    found = other_wordings(session.workspace, pair)
    if pair.passage_id is not None:
        near = PairFilter(document_id=pair.document_id, passage_id=pair.passage_id)
        found += [row.pair for row in pair_page(session.workspace, session.project.id, near, size=100).rows]
    return [each for each in {each.id: each for each in found}.values() if each.id != pair.id]


def _approved_documents(session: CurationSession) -> list[Document]:
    documents = find(session.workspace.db, Document, project_id=session.project.id, state="read")
    return [each for each in documents if each.kind != "pairs" and session.workspace.active_review(each.id)]
