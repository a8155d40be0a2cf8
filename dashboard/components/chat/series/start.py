"""Beginning a comparison over a question file: who answers, and which questions."""

from collections.abc import Mapping

import streamlit as st

from core import jobs
from core.records import DatasetVersion, Project
from core.services.chat.comparing import FEWEST, MOST
from core.services.chat.series.answerers import Chosen
from core.storage import Workspace, find
from core.words import counted
from dashboard.components.answerers import base_of_newest, show_where
from dashboard.components.errors import shown_errors
from dashboard.components.questions.pair_files import READABLE, SUFFIXES, Upload, submit_with_file

READS = ", from the documents"


def show_start(
    workspace: Workspace, project: Project, answerers: Mapping[str, str], *, is_first: bool, is_busy: bool
) -> None:
    """Draw the choice of answerers and questions, and begin the job."""
    names = list(answerers.values())
    labels = {label: Chosen(answerer=name) for name, label in answerers.items()}
    labels |= {f"{label}{READS}": Chosen(answerer=name, from_documents=True) for name, label in answerers.items()}
    with st.expander("Compare over a question file", expanded=is_first, icon=":material/playlist_add_check:"):
        chosen = st.multiselect(
            "Who answers all of them",
            list(labels),
            default=list(dict.fromkeys((names[0], answerers[base_of_newest(workspace, answerers)]))),
            max_selections=MOST,
            key="series-who",
            help="Each may be there twice: as it answers by itself, and as it answers from the approved documents.",
        )
        who = [labels[label] for label in chosen]
        show_where(workspace, *(each.answerer for each in who))
        upload = st.file_uploader(
            "Questions, with right answers if you have them", type=SUFFIXES, key="series-questions", help=READABLE
        )
        held_back = _held_back(workspace, project)
        if held_back:
            st.caption(f"Without a file, they are asked the {counted(held_back, 'question')} held back from training.")
        else:
            st.caption("Bring a file of questions: none were held back from training in this project.")
        st.caption("A plain text file (.txt) may hold a question on each line, without right answers.")
        is_possible = len(who) >= FEWEST and bool(upload or held_back)
        if st.button(
            "Ask all of them",
            type="primary" if is_first else "secondary",
            icon=":material/compare:",
            disabled=is_busy or not is_possible,
            help="" if is_possible else f"Choose {FEWEST} to {MOST} who answer, and a file of questions.",
            key="series-start",
        ):
            with shown_errors():
                _begin(workspace, project, who, upload)
                st.rerun()


def _held_back(workspace: Workspace, project: Project) -> int:
    versions = find(workspace.db, DatasetVersion, project_id=project.id, order="number desc")
    return next((version.heldout_count for version in versions if version.heldout_count), 0)


def _begin(workspace: Workspace, project: Project, who: list[Chosen], upload: Upload | None) -> None:
    from core.services.chat.series.job import Params  # imports what answers from documents, so only where needed

    if upload is None:
        jobs.submit(workspace, Params(answerers=tuple(who)), project_id=project.id)
        return
    submit_with_file(
        workspace,
        lambda path, name: Params(answerers=tuple(who), questions=path, name=name, remove_after=True),
        upload=upload,
        project=project,
    )
