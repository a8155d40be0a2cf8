"""Votes of blind comparisons, made into preferences."""

import streamlit as st

from core.records import Project
from core.services.feedback.votes import unused_votes, use_votes
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.questions.curation.checking import detector_for
from dashboard.components.questions.curation.session import person_now

_TOLD = "feedback-votes-told"  # what came of the last press, as project id and words


def show_votes(workspace: Workspace, project: Project) -> None:
    """Offer to make preferences of the votes that can still be used, and say what came of it."""
    number = unused_votes(workspace, project)
    of, told = st.session_state.get(_TOLD, ("", ""))
    told = told if of == project.id else ""
    if not number and not told:
        return
    st.subheader("Votes of blind comparisons")
    with shown_errors():
        if number:
            st.caption(
                f"{counted(number, 'vote')} named a better answer, which can be preferred to the others when a model learns "
                "from preferences. Questions and answers are searched for personal data first."
            )
            if st.button("Use votes as preferences", icon=":material/how_to_vote:", key="feedback-votes"):
                _use(workspace, project)
        if told:
            st.caption(f":material/check: {told}")


def _use(workspace: Workspace, project: Project) -> None:
    bar = st.progress(0.0, "Looking for personal data …")

    def report(done: int, of: int) -> None:
        bar.progress(done / of, f"Looked at {done} of {of} …")

    detector = detector_for(workspace, project)
    used = use_votes(workspace, project, detector=detector, by=person_now(), report=report)
    st.session_state[_TOLD] = (project.id, used.words)
    st.rerun()
