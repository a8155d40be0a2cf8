"""Which model writes, in which way, and why."""

import streamlit as st

from core import jobs
from core.questions import WRITERS
from core.questions.writers.registry import AUTO
from core.questions.writers.trial import in_words
from core.records import Project
from core.services.questions.writing import probing
from core.services.questions.writing.models import WritingModel
from core.storage import Workspace
from dashboard.components.errors import shown_errors


def choose_way(workspace: Workspace, project: Project, model: WritingModel, *, is_busy: bool) -> str:
    """Draw the choice of the way of writing and why one fits the model; return its name, which may be "auto"."""
    choice = probing.known_choice(workspace, model)
    words = {AUTO: "As the model can"} | {writer.name: writer.words for writer in WRITERS.values()}
    chosen: str = st.selectbox(
        "Way of writing",
        list(words),
        format_func=words.__getitem__,
        key="question-writer",
        help="\n".join(f"- **{writer.words}**: {writer.description}" for writer in WRITERS.values()),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if choice is None:
            st.caption(f"{model.name} was not tried yet. That happens by itself before it writes for the first time.")
        else:
            st.caption(f"{model.name}: {in_words(choice)}")
            if chosen not in (AUTO, choice.writer):
                st.caption(":material/info: You chose another way than the one that was found to fit.")
        if st.button("Try the model", key="probe-model", disabled=is_busy, help="On ten passages that come with Garrison."):
            with shown_errors():
                jobs.submit(workspace, probing.Params(model=model.name), project_id=project.id)
                st.rerun()
    return chosen
