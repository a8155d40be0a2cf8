"""Evaluate: whether the model knows the documents now, how sure that is, and where it is wrong."""

import streamlit as st

from core import jobs
from core.evaluation import Judgement, judge
from core.questions.dataset import TESTED
from core.records import DatasetVersion, Project, Run
from core.services.training.results import newest_result
from core.storage import Workspace, find, get
from core.words import counted
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.evaluation.answers import show_answers
from dashboard.components.evaluation.forgetting import show_forgetting
from dashboard.components.evaluation.scores import show_outcomes, show_scores
from dashboard.components.evaluation.verdict import show_bound, show_next, show_verdict
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.leak_card import show_leaks
from dashboard.components.person import acting_person
from dashboard.components.questions.pair_files import READABLE, SUFFIXES, submit_with_file


def choose_run(runs: list[Run]) -> Run:
    """Show the choice of run; return the chosen one."""
    titles = {run.id: f"Run {run.number}: {run.model}" for run in runs}
    run_id = st.selectbox(
        "Which run", list(titles), format_func=lambda run_id: titles[run_id], key="evaluate-run", width=420
    )
    return next(run for run in runs if run.id == run_id)


def show_start(workspace: Workspace, project: Project, run: Run, *, judged: Judgement | None, is_busy: bool) -> None:
    """Show the choice of questions and the start button, as the next step where other questions are needed."""
    needs_others = judged is not None and judged.next == "bring other questions"
    with st.expander("The questions it is asked", expanded=needs_others):
        upload = st.file_uploader(
            "Questions with right answers",
            type=SUFFIXES,
            key="own-questions",
            help=READABLE,
        )
        version = get(workspace.db, DatasetVersion, run.dataset_id)
        held_back = version.heldout_count
        if held_back:
            asked = f"Without a file, it is asked the {counted(held_back, 'question')} held back from training."
            st.caption(f"{asked} {TESTED[version.split]}")
        else:
            st.caption("Too few pairs were there to hold any back from training: bring a file of questions.")
        st.caption("Each is asked twice: alone, and with the passage of the documents that it is about.")
        has_general = st.checkbox(
            "Also ask what it knew before",
            value=True,
            key="ask-general",
            help="Everyday questions and general English, to see whether it has forgotten any. Takes less than a minute "
            "more with the smallest model.",
        )
    if st.button(
        "Compare with the base model" if judged is None else "Compare again",
        type="primary" if judged is None or needs_others else "secondary",
        icon=":material/balance:",
        disabled=is_busy or not (held_back or upload),
        key="start-evaluation",
    ):
        from core.services.training.evaluation import Params  # imports the training stage, so only where needed

        with shown_errors():
            if upload is None:
                jobs.submit(workspace, Params(run_id=run.id, has_general=has_general), project_id=project.id)
            else:
                submit_with_file(
                    workspace,
                    lambda path, name: Params(
                        run_id=run.id, questions=path, name=name, remove_after=True, has_general=has_general
                    ),
                    upload=upload,
                    project=project,
                )
            st.rerun()


def show_page(workspace: Workspace, project: Project, runs: list[Run]) -> None:
    """Show the verdict on the chosen run at the top, or how to get one."""
    job = follow_newest(workspace, project, "evaluate")
    top = st.container()
    chosen = choose_run(runs)
    newest = newest_result(workspace, chosen)
    judged = judge(newest[1], bound=project.good_enough) if newest else None
    show_start(workspace, project, chosen, judged=judged, is_busy=is_active(job))
    if newest is not None and judged is not None:
        evaluation, result = newest
        with top:
            show_verdict(result, evaluation, judged)
            person = acting_person()
            show_next(workspace, project, chosen, judged, person)
            show_bound(workspace, project, person)
        show_answers(result)
        show_outcomes(result)
        show_scores(result)
        show_forgetting(result)
    else:
        person = acting_person()
    if newest is None and not is_active(job):
        st.caption("Both models answer the same questions that were kept out of training; then you see which is closer.")
    show_leaks(workspace, project, chosen, person)


workspace = resources.workspace()
project = get(workspace.db, Project, resources.require_project().id)
runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
if runs:
    show_page(workspace, project, runs)
else:
    empty_state("There is no trained model to look at yet. Train one first.", page="train", label="Train a model")
