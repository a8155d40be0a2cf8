"""What a model thinks of the pairs: can it answer them, and how good does it find them?"""

from textwrap import shorten

import streamlit as st

from core import jobs
from core.models.registry import model_folders, models_for
from core.questions.opinions.judge import FEWEST_DECISIONS, Calibration
from core.records import Project
from core.services.questions import refiltering
from core.services.questions.filtering import Measured, measured_of
from core.services.questions.opinions import calibration_of, doubtful_pairs
from core.settings import FilterSettings
from core.storage import Workspace
from core.words import counted
from dashboard.components.questions.curation.session import open_pair, person_now
from dashboard.components.words import unformatted

MOST_SHOWN, LONGEST_ANSWER = 20, 80  # doubtful pairs, and characters of their answers


def show_opinions(workspace: Workspace, project: Project, chosen: FilterSettings) -> None:
    """Show what a model could answer and how its judgment agrees with people's, and the buttons that ask it."""
    measured = measured_of(workspace, project, chosen)
    st.markdown(
        "**Can a model answer the questions?** It answers each with its passage and without. The filter *Model answers "
        "otherwise* drops those it gets wrong with the passage at hand; what it knew without is only counted. "
        "Ask a large model: the embedded one reads too poorly to judge pairs by it."
    )
    if measured.asked:
        st.markdown(_answered(measured))
    st.markdown(
        "**What does a model think of the pairs?** It grades each beside its passage. It drops none: where it agrees with "
        "what you kept and dropped by hand, it names those to look at again."
    )
    calibration = calibration_of(workspace, project)
    if measured.judged:
        st.markdown(_judged(measured, calibration))
        _show_doubtful(workspace, project)
    models = [model.name for model in models_for("questions", model_folders(workspace.home))]
    if not models:
        st.caption("There is no model here that can be asked. Add a GGUF model on the Models page.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox("Model", models, key="opinion-model", width=280)
        person = person_now()
        params = refiltering.Params(filters=chosen.in_full(), applied_by=person.name if person else "")
        if st.button("Let it answer", icon=":material/quiz:", key="let-answer", help="About a second for each question."):
            jobs.submit(workspace, params.model_copy(update={"answered_by": model}), project_id=project.id)
            st.rerun()
        if st.button("Let it grade", icon=":material/grading:", key="let-judge", help="About a second for each pair."):
            jobs.submit(workspace, params.model_copy(update={"judged_by": model}), project_id=project.id)
            st.rerun()


def _answered(measured: Measured) -> str:
    with_it, without = measured.answerable / measured.asked, measured.known / measured.asked
    asked = counted(measured.asked, "question")
    return f"Of {asked} it answered **{with_it:.0%}** as the pair does with the passage, and **{without:.0%}** without it."


def _judged(measured: Measured, calibration: Calibration) -> str:
    """Say how many pairs are graded, and how far that can be trusted."""
    graded = f"{counted(measured.judged, 'pair')} graded. "
    if calibration.agreement is None:
        return graded + (
            f"Keep and drop at least {FEWEST_DECISIONS} of them by hand to learn how far the grades can be trusted: "
            f"{calibration.kept} kept and {calibration.dropped} dropped so far."
        )
    decisions = calibration.kept + calibration.dropped
    held = f"Held against {decisions} decisions of yours, it agrees with **{calibration.agreement:.0%}**"
    if calibration.is_useful:
        least = 1 + 4 * (calibration.threshold or 0)
        return graded + f"{held} (50% is chance). Pairs graded below {least:.0f} of 5 are doubtful."
    return graded + f"{held}, and 50% is chance: its grades are no help here."


def _show_doubtful(workspace: Workspace, project: Project) -> None:
    doubtful = doubtful_pairs(workspace, project)
    if not doubtful:
        return
    more = ", the worst:" if len(doubtful) > MOST_SHOWN else ":"
    st.caption(f"{counted(len(doubtful), 'kept pair')} to look at again{more}")
    for pair in doubtful[:MOST_SHOWN]:
        words = f"{unformatted(pair.input)} :small[{unformatted(shorten(pair.output, LONGEST_ANSWER, placeholder=' …'))}]"
        if st.button(words, key=f"doubtful-{pair.id}", type="tertiary", help="Open this pair.", wrap=True):
            open_pair(project, pair.id)
            st.rerun()
