"""The forms of the desk: edit, split or merge a pair, or add one from a passage."""

import streamlit as st

from core.errors import GarrisonError
from core.questions import drop_reason
from core.questions.hand_written import PERSONAL_DATA, UNGROUNDED
from core.records import Document, Passage, QuestionPair
from core.services.questions import curation
from core.services.questions.curation import Place, Wording
from core.storage import find
from core.storage.pairs.pages import PairFilter, other_wordings, pair_page
from dashboard.components.errors import show_error
from dashboard.components.questions.curation.checking import detector_for
from dashboard.components.questions.curation.desk import Desk
from dashboard.components.questions.curation.doing import noted_errors
from dashboard.components.review.session import draw_again

CHECKED = "What you write is searched for personal data and held against the passage before it is kept."
FOCUS = {"edit": "write-answer", "split": "write-answer", "merge": "write-answer", "add": "write-question"}


def show_form(desk: Desk) -> None:
    """Show the form of what is being done; without an open pair, only adding is possible."""
    with st.container(border=True, key="curation-form"):
        try:
            if desk.state.mode == "add":
                _show_add(desk)
            elif desk.open is not None:
                shown = curation.shown_for_edit(desk.workspace, desk.open.pair)
                show = {"edit": _show_edit, "split": _show_split, "merge": _show_merge}[desk.state.mode]
                show(desk, desk.open.pair, shown)
        except GarrisonError as error:
            show_error(error)
            st.button("Leave it (Esc)", key="form-leave", on_click=_leave, args=(desk,))


def _show_edit(desk: Desk, pair: QuestionPair, shown: Wording) -> None:
    st.markdown("**Edit this pair**")
    with st.form(f"edit-{pair.id}-{desk.state.turn}", border=False):
        written = _fields(desk, shown)
        is_sent = _buttons(desk, "Save and keep")
    if is_sent:
        with noted_errors(desk):
            detector = detector_for(desk.workspace, desk.project)
            edited = curation.edit(desk.workspace, pair, written, detector=detector, by=desk.person)
            _tell(desk, edited, "Saved and kept.")
        _go_on(desk)


def _show_split(desk: Desk, pair: QuestionPair, shown: Wording) -> None:
    st.markdown("**Make two pairs of this one**")
    with st.form(f"split-{pair.id}-{desk.state.turn}", border=False):
        first = _fields(desk, shown, number="First ")
        second = _fields(desk, Wording(question="", answer=""), number="Second ")
        is_sent = _buttons(desk, "Save both")
    if is_sent:
        with noted_errors(desk):
            detector = detector_for(desk.workspace, desk.project)
            one, other = curation.split(desk.workspace, pair, first, second, detector=detector, by=desk.person)
            _tell(desk, one if one.state == "dropped" else other, "Two pairs made of one.")
        _go_on(desk)


def _show_merge(desk: Desk, pair: QuestionPair, shown: Wording) -> None:
    st.markdown("**Merge this pair with another**")
    candidates = {each.id: each for each in _merge_candidates(desk, pair)}
    if not candidates:
        st.caption("There is no other pair of the same fact or passage.")
        st.button("Leave it (Esc)", key="form-leave", on_click=_leave, args=(desk,))
        return
    key = f"merge-with-{desk.state.turn}"
    chosen = candidates[st.selectbox("With", list(candidates), format_func=lambda each: candidates[each].input, key=key)]
    joined = Wording(question=shown.question, answer=_joined(shown.answer, chosen.output))
    with st.form(f"merge-{pair.id}-{chosen.id}-{desk.state.turn}", border=False):
        written = _fields(desk, joined, suffix=chosen.id)
        st.caption("The other pair goes; undo brings it back.")
        is_sent = _buttons(desk, "Merge")
    if is_sent:
        with noted_errors(desk):
            detector = detector_for(desk.workspace, desk.project)
            merged = curation.merge(desk.workspace, pair, chosen, written, detector=detector, by=desk.person)
            _tell(desk, merged, "Two pairs became one.")
        _go_on(desk)


def _show_add(desk: Desk) -> None:
    st.markdown("**Add a pair**")
    documents = {each.id: each for each in _approved_documents(desk)}
    if not documents:
        st.caption("A pair is added from an approved document, and none is approved. Approve one on the page Review.")
        st.button("Leave it (Esc)", key="form-leave", on_click=_leave, args=(desk,))
        return
    near = desk.open.pair if desk.open else None
    ids, turn = list(documents), desk.state.turn
    document_id = st.selectbox(
        "Document", ids, index=ids.index(near.document_id) if near and near.document_id in ids else 0,
        format_func=lambda key: documents[key].name, key=f"add-document-{turn}",
    )  # fmt: skip
    passages = {each.id: each for each in desk.workspace.approved_passages(documents[document_id])[1]}
    passage_ids = list(passages)
    passage_id = st.selectbox(
        "Passage", passage_ids,
        index=passage_ids.index(near.passage_id) if near and near.passage_id in passages else 0,
        format_func=lambda key: _passage_words(passages[key]), key=f"add-passage-{turn}",
    )  # fmt: skip
    with st.container(border=True, height=180):
        st.text(passages[passage_id].text)
    with st.form(f"add-{turn}", border=False):
        written = _fields(desk, Wording(question="", answer=""))
        quote = st.text_input(
            "Words of the passage that prove it",
            key=f"add-quote-{turn}",
            placeholder="May be left empty: they are looked for",
        )
        is_sent = _buttons(desk, "Add and keep")
    if is_sent:
        with noted_errors(desk):
            place = Place(document_id=document_id, passage_id=passage_id, quote=quote)
            detector = detector_for(desk.workspace, desk.project)
            added = curation.add(desk.workspace, desk.project, place, written, detector=detector, by=desk.person)
            _tell(desk, added, "Added.")
        _go_on(desk)


def _fields(desk: Desk, shown: Wording, *, number: str = "", suffix: str = "") -> Wording:
    """Draw the fields for question and answer."""
    name, turn = number.strip().lower(), f"{desk.state.turn}{suffix}"
    is_led = number != "Second "
    with st.container(key="write-question" if is_led else "write-second-question"):
        question = st.text_area(
            f"{number}question".capitalize(), shown.question, height=80, key=f"write-{name}-question-{turn}"
        )
    with st.container(key="write-answer" if is_led else "write-second-answer"):
        answer = st.text_area(f"{number}answer".capitalize(), shown.answer, height=110, key=f"write-{name}-answer-{turn}")
    return Wording(question=question or "", answer=answer or "")


def _buttons(desk: Desk, words: str) -> bool:
    """Draw what sends a form or leaves it; return whether it was sent."""
    with st.container(horizontal=True, gap="small"):
        is_sent = st.form_submit_button(words, type="primary", icon=":material/check:", key="form-send")
        if st.form_submit_button("Leave it (Esc)", key="form-leave"):
            _leave(desk)
            draw_again()
    st.caption(CHECKED)
    return is_sent


def _tell(desk: Desk, pair: QuestionPair, words: str) -> None:
    """Say what became of a pair that was written; one that is not kept says why."""
    desk.state.current = pair.id
    if pair.state == "kept":
        desk.state.say(words)
        return
    desk.state.say("")
    reason = drop_reason(pair.reason)
    desk.state.trouble = NOT_KEPT.get(pair.reason, f"Saved, but not kept: {reason.words.lower()}.")


def _go_on(desk: Desk) -> None:
    """Draw again once a form is done; while something is wrong with it, say what."""
    if desk.state.mode == "read":
        draw_again()
    st.warning(desk.state.trouble, icon=":material/warning:")
    desk.state.trouble = ""


NOT_KEPT = {
    PERSONAL_DATA: "Saved, but not kept: it holds personal data that the approved text does not have. Edit it once more.",
    UNGROUNDED: "Saved, but not kept: the passage does not say this. Edit it, or keep it if you answer for it.",
}


def _leave(desk: Desk) -> None:
    desk.state.mode = "read"


def _joined(first: str, second: str) -> str:
    return first if second.strip() in first else f"{first.rstrip()} {second.lstrip()}"


def _merge_candidates(desk: Desk, pair: QuestionPair) -> list[QuestionPair]:
    """Return the other pairs of the same fact, then those of the same passage."""
    found = other_wordings(desk.workspace, pair)
    if pair.passage_id is not None:
        near = PairFilter(document_id=pair.document_id, passage_id=pair.passage_id)
        found += [row.pair for row in pair_page(desk.workspace, desk.project.id, near, size=100).rows]
    return [each for each in {each.id: each for each in found}.values() if each.id != pair.id]


def _approved_documents(desk: Desk) -> list[Document]:
    documents = find(desk.workspace.db, Document, project_id=desk.project.id, state="read")
    return [each for each in documents if each.kind != "pairs" and desk.workspace.active_review(each.id)]


def _passage_words(passage: Passage) -> str:
    return f"{passage.page} · {' '.join(passage.text.split())[:70]}"
