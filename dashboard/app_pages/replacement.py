"""Replacement: what stands in place of personal data, and the sealed re-identification list."""

import streamlit as st

from core.access import Action
from core.privacy.replacement.surrogates import SurrogateMapping
from core.privacy.replacement.treatments import TREATMENTS
from core.records import Person, Project, Treatment
from core.services.privacy import reidentification
from core.services.privacy.project_treatments import (
    TreatmentEffect,
    TypeUse,
    effect_of_treatment,
    set_treatment,
    types_in_use,
)
from core.storage import Workspace
from core.words import counted
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.person import acting_person, reason_against
from dashboard.components.review.page_text import entity_words
from dashboard.components.words import clock, unformatted

CHOICES: dict[Treatment, str] = {
    "surrogate": "Invented value of the same kind",
    "tag": "Numbered label",
    "mask": "Blocks of one length",
    "remove": "Take it out",
    "keep": "Leave it readable",
}
EXPLAINED = """
- **Invented value**: reads like the original; dates keep their distances, names keep gender and script. Best for training.
- **Numbered label**: one label for each value, the same everywhere, such as `<PERSON_12>`.
- **Blocks**: always five, so that nobody can count letters.
- **Take it out**: nothing is left, and no double blank.
- **Leave it readable**: nothing is replaced. Whoever reads the text, and every model made from it, sees the originals.
"""
LOST = (
    "**If the passphrase is lost, re-identification is gone for good.** Nobody can look anything up then, not even with the "
    "whole database. The anonymized texts, questions and models stay usable."
)


def reason_off(workspace: Workspace, project: Project, action: Action, person: Person | None) -> str:
    """Return why a button is disabled; "" if it is not."""
    return reason_against(workspace, action, project) or ("" if person else "Write your name above first.")


def show_types(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Show every type found, what replaces it, and the choice of another treatment."""
    uses = types_in_use(workspace, project)
    if not uses:
        empty_state(
            "**No personal data was looked for yet.** Add documents and search them; the types found are listed here.",
            page="documents",
            label="Go to documents",
        )
        return
    st.dataframe(
        [_row(use) for use in uses], hide_index=True, alt="Types of personal data, how many, what replaces them, a preview"
    )
    st.caption("The preview replaces an invented value, never one of your documents.")
    for use in uses:
        if use.treatment == "keep" and use.spans:
            spans, words = counted(use.spans, "span"), entity_words(use.entity)
            st.warning(f"**{words[0].upper()}{words[1:]} stays readable**: {spans}.", icon=":material/visibility:")
    choose(workspace, project, uses, person)


def _row(use: TypeUse) -> dict[str, object]:
    return {
        "Type": entity_words(use.entity),
        "Found": use.spans,
        "Documents": use.documents,
        "Replaced by": CHOICES[use.treatment],
        "Preview": use.sample,
    }


def choose(workspace: Workspace, project: Project, uses: list[TypeUse], person: Person | None) -> None:
    """Let a person choose another treatment for one type; what it affects is shown before it happens."""
    st.subheader("Change what replaces a type")
    with st.expander("What the choices mean", key="replacement-choices"):
        st.markdown(EXPLAINED)
    chosen = {use.entity: use.treatment for use in uses}
    left, right = st.columns(2)
    entity = left.selectbox("Type", list(chosen), format_func=entity_words, key="replacement-type")
    treatment = right.selectbox(
        "Replaced by",
        TREATMENTS,
        index=TREATMENTS.index(chosen[entity]),
        format_func=CHOICES.__getitem__,
        key=f"replacement-treatment-{entity}",
    )
    if treatment == chosen[entity]:
        st.caption("This is how it is now.")
        return
    effect = effect_of_treatment(workspace, project, entity=entity, treatment=treatment)
    show_effect(effect, entity=entity, treatment=treatment)
    off = reason_off(workspace, project, "set rules", person)
    is_wanted = st.button(
        "Change it",
        type="primary",
        key="replacement-apply",
        icon=":material/swap_horiz:",
        disabled=bool(off),
        help=off or None,
    )
    if is_wanted and person:
        with shown_errors():
            done = set_treatment(workspace, project, entity=entity, treatment=treatment, person=person)
            st.session_state["replacement-said"] = _done_words(done, entity)
            st.rerun()


def show_effect(effect: TreatmentEffect, *, entity: str, treatment: Treatment) -> None:
    """Show what the change affects, and a warning if text stays readable."""
    spans, documents = counted(effect.spans, "span"), counted(effect.documents, "document")
    st.markdown(f"This changes **{spans}** in **{documents}**.")
    if effect.approvals:
        st.warning(
            f"**{counted(effect.approvals, 'approval')} will be withdrawn**, because the approved text changes. These "
            "documents must be approved again, and questions written from them are out of date.",
            icon=":material/undo:",
        )
    if treatment == "keep":
        st.warning(
            f"Every {entity_words(entity)} found **stays readable**, for everybody who gets the text or a model made "
            "from it. Each approval says how many.",
            icon=":material/visibility:",
        )


def _done_words(done: TreatmentEffect, entity: str) -> str:
    withdrawn = f" {counted(done.approvals, 'approval')} withdrawn." if done.approvals else ""
    return f"Changed: {counted(done.spans, 'span')} of type {entity_words(entity)}.{withdrawn}"


def show_reidentification(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Show whether re-identification is set up, and what can be done about it."""
    st.subheader("Re-identification")
    state = reidentification.setup_of(workspace, project)
    if state is None:
        st.markdown(
            "**It is not set up.** Nothing kept here leads from an invented value to the original but the documents "
            "themselves. Re-identification keeps a sealed list for the day on which somebody must know who is meant."
        )
        with st.expander("Set up re-identification", key="reidentification-set-up"):
            set_up(workspace, project, person)
        return
    st.markdown(
        f"**It is set up**, by {unformatted(state.person)}, {clock(state.created_at)}. Looking something up needs the "
        "passphrase and a reason, and is recorded in the audit log. A lost passphrase cannot be replaced."
    )
    with st.expander("Look up originals", key="reidentification-open"):
        look_up(workspace, project, person)
    with st.expander("Change the passphrase", key="reidentification-passphrase"):
        change_passphrase(workspace, project, person)
    with st.expander("Turn it off", key="reidentification-off"):
        turn_off(workspace, project, person)


def forget(*keys: str) -> None:
    """Remove passphrases from the session at once; a form alone would leave them there until the next click."""
    for key in keys:
        if key in st.session_state:
            del st.session_state[key]


def set_up(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Show the warning, ask for the passphrase twice, and set up re-identification."""
    off = reason_off(workspace, project, "set rules", person)
    st.warning(LOST, icon=":material/key_off:")
    with st.form("reidentification-set-up-form", clear_on_submit=True, border=False):
        passphrase = st.text_input(
            f"Passphrase, {reidentification.MIN_PASSPHRASE} characters or more", type="password", key="reidentification-new"
        )
        again = st.text_input("The same again", type="password", key="reidentification-again")
        is_understood = st.checkbox("I know that a lost passphrase cannot be replaced", key="reidentification-understood")
        is_sent = st.form_submit_button("Set it up", key="reidentification-set-up-go", disabled=bool(off), help=off or None)
    if not is_sent or person is None:
        return
    forget("reidentification-new", "reidentification-again")
    with shown_errors():
        if not is_understood:
            st.error("Tick that you know what a lost passphrase means.")
        elif passphrase != again:
            st.error("The two passphrases differ.")
        else:
            with st.spinner("Sealing …"):
                count = reidentification.set_up(workspace, project, passphrase=passphrase, person=person)
            st.session_state["replacement-said"] = f"Re-identification is set up; {counted(count, 'pair')} sealed."
            st.rerun()


def look_up(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Ask for surrogates, reason and passphrase; show the originals in this run only, and keep them nowhere."""
    with st.form("reidentification-open-form", clear_on_submit=True, border=False):
        asked = st.text_area("Invented values or labels, one on each line", key="reidentification-asked")
        reason = st.text_input(
            "Why", key="reidentification-reason", help="Three words or more. Kept and shown below with your name."
        )
        passphrase = st.text_input("Passphrase", type="password", key="reidentification-given")
        off = reason_off(workspace, project, "reveal", person)
        is_sent = st.form_submit_button("Open", key="reidentification-open-go", disabled=bool(off), help=off or None)
    if not is_sent or person is None:
        return
    forget("reidentification-given")
    surrogates = [line.strip() for line in asked.splitlines() if line.strip()]
    with shown_errors():
        if not surrogates:
            st.error("Write at least one invented value or label.")
            return
        with st.spinner("Opening …"):
            revealed = reidentification.reveal(
                workspace, project, surrogates=surrogates, passphrase=passphrase, person=person, reason=reason
            )
        show_originals(revealed, person)


def show_originals(mappings: list[SurrogateMapping], person: Person) -> None:
    """Show the originals, as plain text, until the page is redrawn."""
    if not mappings:
        st.info("None of these is an invented value or label of this project. The attempt is recorded all the same.")
        return
    st.dataframe(
        [{"Stands in the text": p.surrogate, "Original": p.value, "Type": entity_words(p.entity)} for p in mappings],
        hide_index=True,
        alt="Invented values and the originals they stand for",
    )
    st.caption(f"Shown once, to {unformatted(person.name)}. It is gone when you do anything else on this page.")


def change_passphrase(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Ask for the old passphrase and twice for the new one, then change it."""
    off = reason_off(workspace, project, "set rules", person)
    with st.form("reidentification-passphrase-form", clear_on_submit=True, border=False):
        old = st.text_input("Passphrase now", type="password", key="reidentification-old")
        new = st.text_input("New passphrase", type="password", key="reidentification-next")
        again = st.text_input("The new one again", type="password", key="reidentification-next-again")
        is_sent = st.form_submit_button("Change it", key="reidentification-change", disabled=bool(off), help=off or None)
    if not is_sent or person is None:
        return
    forget("reidentification-old", "reidentification-next", "reidentification-next-again")
    with shown_errors():
        if new != again:
            st.error("The two new passphrases differ.")
            return
        reidentification.change_passphrase(workspace, project, old=old, new=new, person=person)
        st.success("The passphrase was changed. The old one opens nothing any more.")


def turn_off(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Say what is lost, ask for the project's name, then delete the key and the sealed list."""
    off = reason_off(workspace, project, "set rules", person)
    st.markdown("The key and the sealed list are deleted and **cannot be brought back**. Texts, questions and models stay.")
    with st.form("reidentification-off-form", clear_on_submit=True, border=False):
        typed = st.text_input(f"Type the project's name: {project.name}", key="reidentification-typed")
        is_sent = st.form_submit_button("Turn it off", key="reidentification-off-go", disabled=bool(off), help=off or None)
    if not is_sent or person is None:
        return
    with shown_errors():
        reidentification.turn_off(workspace, project, typed_name=typed, person=person)
        st.session_state["replacement-said"] = "Re-identification is off: the key and the sealed list were deleted."
        st.rerun()


def show_openings(workspace: Workspace, project: Project) -> None:
    """Show who opened the re-identification list, when and why."""
    opened = reidentification.openings(workspace, project)
    if not opened:
        return
    st.markdown("**Who looked something up**")
    rows = [
        {
            "Time": clock(one.created_at),
            "Who": one.person,
            "Why": one.reason,
            "Asked for": str(one.surrogates) if one.surrogates else "all",
            "Found": one.found,
        }
        for one in opened
    ]
    st.dataframe(rows, hide_index=True, alt="Who looked up originals: time, who, why, how many")


project = resources.require_project()
workspace = resources.workspace()
if said := st.session_state.pop("replacement-said", ""):
    st.success(said, icon=":material/check_circle:")
left, right = st.columns([2, 1])
left.markdown("What stands in place of personal data in the anonymized texts of this project.")
with right:
    person = acting_person()
with shown_errors():
    show_types(workspace, project, person)
with shown_errors():
    show_reidentification(workspace, project, person)
    show_openings(workspace, project)
