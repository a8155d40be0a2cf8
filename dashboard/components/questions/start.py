"""How question pairs are to be written, and the button that starts."""

import streamlit as st

from core import jobs
from core.models.registry import model_folders, models_for
from core.records import Project
from core.services.questions.question_pairs import coverage_of
from core.settings import EMBEDDED_MODEL, GenerationSettings
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors


def show_start(workspace: Workspace, project: Project, *, is_busy: bool, is_first: bool) -> None:
    """Show how many pairs to write, with which model, and the button that starts."""
    coverage = coverage_of(workspace, project, [])
    passages = sum(row["passages"] for row in coverage)
    models = [model.name for model in models_for("questions", model_folders(workspace.home))]
    if not models:
        st.warning(
            "There is no model here that can write questions. Add a GGUF model on the Models page.",
            icon=":material/warning:",
        )
        return
    preferred = EMBEDDED_MODEL
    with st.container(border=True):
        st.markdown(
            f"**{counted(passages, 'passage')}** of {counted(len(coverage), 'approved document')} can be asked about."
        )
        left, right = st.columns(2, vertical_alignment="bottom")
        per_passage = left.number_input(
            "Questions for each passage",
            1,
            50,
            GenerationSettings().per_passage,
            key="per-passage",
            help="Weak ones are dropped.",
        )
        model = right.selectbox(
            "Written by", models, index=models.index(preferred) if preferred in models else 0, key="question-model"
        )
        st.caption(
            f"Up to {counted(passages * per_passage, 'question pair')} before weak ones are dropped. "
            "Each answer must stand in the approved text."
            + ("" if is_first else " Those written before are replaced, your own decisions about them as well.")
        )
        if st.button(
            "Write question pairs",
            type="primary" if is_first else "secondary",
            icon=":material/edit_note:",
            disabled=is_busy or not passages,
            key="write-pairs",
        ):
            from core.services.questions import generation
            from core.services.questions.filtering import filter_settings_of

            settings = GenerationSettings.from_values({"model": model, "per_passage": per_passage})
            with shown_errors():
                filters = filter_settings_of(workspace, project)
                params = generation.Params(settings=settings.in_full(), filters=filters.in_full())
                jobs.submit(workspace, params, project_id=project.id)
                st.rerun()
