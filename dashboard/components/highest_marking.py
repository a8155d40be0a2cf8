"""A project's highest classification marking: shown where documents come in, changed by those who may set rules."""

import streamlit as st

from core.privacy.classification.markings import LEVEL_WORDS, LEVELS
from core.records import Document, MarkingLevel, Project
from core.services.privacy.highest_marking import documents_above, set_highest_marking
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.person import acting_person, reason_against
from dashboard.components.words import unformatted

_NOTE = "highest-marking-note"
_NAMES = 5  # documents listed by name


def show_highest_marking(workspace: Workspace, project: Project) -> None:
    """Show the highest marking the project permits, and the way to change it."""
    if note := st.session_state.pop(_NOTE, ""):
        st.success(note, icon=":material/check_circle:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="highest-marking"):
        st.caption(
            f":material/shield: Up to **{LEVEL_WORDS[project.highest_marking]}**; a file marked higher is refused.",
            width="content",
        )
        against = reason_against(workspace, "set rules", project)
        with st.popover("Highest marking", type="tertiary", disabled=bool(against), help=against or None):
            _show_change(workspace, project)


def _show_change(workspace: Workspace, project: Project) -> None:
    level = st.selectbox(
        "Highest classification marking",
        LEVELS,
        index=LEVELS.index(project.highest_marking),
        format_func=lambda level: f"Up to {LEVEL_WORDS[level]}",
        key=f"highest-marking-{project.id}",
    )
    is_same = level == project.highest_marking
    for words in ["This is how it is now."] if is_same else effect_words(workspace, project, level):
        st.markdown(words)
    person = acting_person()
    is_wanted = st.button(
        "Change it", icon=":material/shield:", disabled=is_same or person is None, key="highest-marking-change"
    )
    if person is None:
        st.caption("Write your name first: the change is kept in the audit log with it.")
    elif is_wanted:
        with shown_errors():
            too_high = set_highest_marking(workspace, project, level, actor=person)
            note = f"Documents may be marked up to {LEVEL_WORDS[level]} now."
            if too_high:
                note += f" {counted(len(too_high), 'document')} here {'is' if len(too_high) == 1 else 'are'} marked higher."
            st.session_state[_NOTE] = note
            st.rerun()


def effect_words(workspace: Workspace, project: Project, level: MarkingLevel) -> list[str]:
    """Describe in sentences what another highest marking would do to future files and to documents already here."""
    words = [f"From then on a file marked above {LEVEL_WORDS[level]} is refused when it is added."]
    if LEVELS.index(level) > LEVELS.index(project.highest_marking):
        words.append("Files that were refused before are not kept here: add them again.")
    too_high = documents_above(workspace, project, level=level)
    if too_high:
        count = len(too_high)
        be, stay = ("is", "It stays") if count == 1 else ("are", "They stay")
        words.append(
            f"**{counted(count, 'document')} here {be} marked higher.** {stay} in the list, but cannot be approved or used "
            f"for questions until removed or permitted again: {_names(too_high)}."
        )
        if lost := sum(bool(workspace.active_review(one.id) or workspace.standing_proposal(one.id)) for one in too_high):
            words.append(f"**{counted(lost, 'approval or proposal', many='approvals or proposals')} will be withdrawn.**")
    kept = {document.id for document in too_high}
    if freed := [document for document in documents_above(workspace, project) if document.id not in kept]:
        words.append(f"{counted(len(freed), 'document')} marked too high until now can be approved then.")
    return words


def _names(documents: list[Document]) -> str:
    """Return the first few names as plain text, followed by how many more there are."""
    names = [unformatted(one.name) for one in documents[:_NAMES]]
    more = len(documents) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
