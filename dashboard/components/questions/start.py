"""How question pairs are to be written, and the button that starts."""

import streamlit as st

from core import jobs
from core.errors import GarrisonError
from core.records import Job, Project
from core.services.questions.filtering import filter_settings_of
from core.services.questions.generation import Params, Result, find_generator
from core.services.questions.question_pairs import coverage_of
from core.services.questions.writing.models import writing_models
from core.settings import EMBEDDED_MODEL, GenerationSettings
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import show_error, shown_errors
from dashboard.components.questions.try_it import show_try
from dashboard.components.questions.way import choose_way


def show_start(workspace: Workspace, project: Project, *, is_busy: bool, is_first: bool) -> None:
    """Show how many pairs to write, with which model in which way, and the button that starts."""
    coverage = coverage_of(workspace, project, [])
    passages = sum(row["passages"] for row in coverage)
    with st.container(border=True):
        st.markdown(
            f"**{counted(passages, 'passage')}** of {counted(len(coverage), 'approved document')} can be asked about."
        )
        settings = _choose(workspace, project, is_busy=is_busy)
        if settings is None:
            return
        st.caption(
            f"Up to {counted(passages * settings.per_passage, 'question pair')} before weak ones are dropped. "
            "Each answer must stand in the approved text."
            + (
                ""
                if is_first
                else " Passages that did not change are left as they are, and so are pairs you decided on or edited."
            )
        )
        if st.button(
            "Write question pairs",
            type="primary" if is_first else "secondary",
            icon=":material/edit_note:",
            disabled=is_busy or not passages,
            key="write-pairs",
        ):
            with shown_errors():
                params = Params(settings=settings.in_full(), filters=filter_settings_of(workspace, project).in_full())
                jobs.submit(workspace, params, project_id=project.id)
                st.rerun()
    if passages:
        show_try(workspace, project, settings, is_busy=is_busy)


def _choose(workspace: Workspace, project: Project, *, is_busy: bool) -> GenerationSettings | None:
    """Draw the choices; return them, or None if no model can write."""
    try:
        models = writing_models(workspace)
    except GarrisonError as error:
        show_error(error)
        return None
    if not models:
        st.warning(
            "There is no model here that can write questions. Add a GGUF model on the Models page.",
            icon=":material/warning:",
        )
        return None
    first, second, third = st.columns(3, vertical_alignment="bottom")
    per_passage = first.number_input(
        "Questions for each passage",
        1,
        50,
        GenerationSettings().per_passage,
        key="per-passage",
        help="Weak ones are dropped.",
    )
    model = second.selectbox(
        "Written by", models, index=models.index(EMBEDDED_MODEL) if EMBEDDED_MODEL in models else 0, key="question-model"
    )
    share = third.number_input(
        "Share not in the documents, in %",
        0,
        50,
        round(100 * GenerationSettings().unanswerable_share),
        key="unanswerable-share",
        help="Questions that no document answers, with an answer that says so. Models trained without them make things up.",
    )
    settings = GenerationSettings(model=model, per_passage=per_passage, unanswerable_share=share / 100)
    try:
        writer = choose_way(workspace, project, find_generator(workspace, settings), is_busy=is_busy)
    except GarrisonError as error:
        show_error(error)
        return None
    return settings.model_copy(update={"writer": writer})


def show_replies(job: Job | None) -> None:
    """Say what came of the replies of a model that writes by itself, if the newest job used one."""
    result = Result.find(job) if job else None
    if result is None or not result.asked:
        return
    told = [f"The model replied {counted(result.asked, 'time')}"]
    told += [f"{counted(result.malformed, 'reply', 'replies')} could not be used"] if result.malformed else []
    told += [f"{counted(result.refused, 'time')} it refused"] if result.refused else []
    told += [f"{counted(result.ungrounded, 'pair')} had no proof in the passage"] if result.ungrounded else []
    told += [f"{counted(result.cut, 'passage')} longer than it reads, cut at sentences"] if result.cut else []
    told += [f"{counted(result.texts, 'text')} kept for continued training"] if result.texts else []
    st.caption(" · ".join(told) + ".")
