"""Export & deploy: take a tuned model along as a folder that can be checked, and look at what was taken."""

import streamlit as st

from core import jobs
from core.models.quantizations import PLAIN, QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS
from core.records import Project, Run
from core.services.releases.trace import releases_of
from core.storage import Workspace, find
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.person import reason_against
from dashboard.components.releases import show_release


def show_form(workspace: Workspace, project: Project, runs: list[Run], *, is_busy: bool) -> None:
    """Show the form for exporting a run: which one, in which format, and to which folder."""
    from core.services.training.export import EXPORTS, Params, note  # imports the training stage, so only where needed

    titles = {run.id: f"Run {run.number}: {run.model}, tuned" for run in runs}
    run_id = st.selectbox("Which one", list(titles), format_func=lambda run_id: titles[run_id], key="export-run", width=420)
    formats = sorted(RELEASE_FORMATS.values(), key=lambda format: format.place)
    form = st.radio(
        "As what",
        [format.name for format in formats],
        format_func=lambda form: RELEASE_FORMATS[form].words,
        captions=[format.description for format in formats],
        key="export-format",
    )
    is_quantized = RELEASE_FORMATS[form].is_quantized
    quantization = choose_quantization() if is_quantized else PLAIN
    is_compared = is_quantized and st.checkbox(
        "Try all of these and show them side by side",
        key="export-compare",
        help="Each is made and asked held-out questions: takes minutes, and the chosen one is kept.",
    )
    run = next(run for run in runs if run.id == run_id)
    if words := note(run, form):
        st.caption(f":material/info: {words}")
    target = st.text_input(
        "To which folder on this machine",
        value=str(workspace.home / EXPORTS / f"run-{run.number}-{form}"),
        help="A folder that does not exist yet, or an empty one.",
        key=f"export-target-{run_id}-{form}",
    )
    with st.expander("Signature and names", icon=":material/draw:"):
        sign = st.text_input(
            "File of the private key that signs it",
            key="export-key",
            help="On this machine, as made with `python3 installer key FILE`. Empty: not signed.",
        )
        has_names = st.checkbox(
            "Put the names of the documents into its card",
            key="export-names",
            help="Names of files can name people. Without them the card says how many documents there are.",
        )
    against = reason_against(workspace, "export", project)
    is_pressed = st.button(
        "Export", type="primary", icon=":material/output:", disabled=is_busy or bool(against), key="start-export"
    )
    if against:
        st.caption(against)
    if is_pressed:
        with shown_errors():
            params = Params(
                run_id=run_id,
                format=form,
                quantization=quantization,
                target=target.strip(),
                sign=sign.strip(),
                has_names=has_names,
                is_compared=is_compared,
            )
            jobs.submit(workspace, params, project_id=project.id)
            st.rerun()


def choose_quantization() -> str:
    """Draw the choice of how exact a GGUF is, the usual one first; return the name of the chosen one."""
    names = sorted(QUANTIZATIONS, key=lambda name: QUANTIZATIONS[name].place)
    return st.radio("How exact", names, format_func=lambda name: QUANTIZATIONS[name].words, key="export-quantization")


workspace = resources.workspace()
project = resources.require_project()
runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
if runs:
    st.caption("A model leaves as a folder: with a card, where it came from, and a list by which every file can be checked.")
    job = follow_newest(workspace, project, "export")
    show_form(workspace, project, runs, is_busy=is_active(job))
    if releases := releases_of(workspace, project.id):
        show_release(workspace, releases, runs)
else:
    empty_state("There is no tuned model to take along yet. Train one first.", page="train", label="Train a model")
