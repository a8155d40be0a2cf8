"""How a run is going: a sentence, its curve, how it answers a few questions by now, and ending it early."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from core.records import Job, Project, Run
from core.run_folder import RunFolder
from core.services.training.stopping import run_states, stop_and_keep
from core.storage import Workspace, find
from core.training.learning import SENTENCES, Trend, series, trend
from core.training.samples import read_samples
from core.words import counted
from dashboard.components.charts import loss_chart
from dashboard.components.errors import shown_errors

ICONS: dict[Trend, str] = {
    "starting": ":material/hourglass_top:",
    "learning": ":material/trending_up:",
    "stalled": ":material/trending_flat:",
    "memorizing": ":material/trending_down:",
}


def read_metrics(workspace: Workspace, run: Run) -> list[dict[str, Any]]:
    """Return the rows a run has written so far; a line still being written is left for the next look."""
    path = RunFolder(workspace.run_folder(run.project_id, run.id)).metrics
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def show_progress(workspace: Workspace, project: Project, *, is_live: bool) -> None:
    """Show the newest run: a sentence on how it is going, its curve, and how it answers a few questions by now."""
    runs = find(workspace.db, Run, project_id=project.id, order="number desc")
    if is_live and (not runs or run_states(workspace, project.id)[runs[0].id] != "training"):
        st.subheader("The run is being prepared")
        st.markdown(":material/hourglass_top: Questions are frozen and the model is loaded first. You may close this page.")
        return
    if not runs:
        return
    rows = read_metrics(workspace, runs[0])
    st.subheader(f"Run {runs[0].number}" + (_doing(workspace, project, rows) if is_live else ""))
    if is_live:
        _show_live(workspace, project, runs[0], rows)
    elif runs[0].is_finished:
        st.markdown(_finished_sentence(rows))
        if left_out := runs[0].metrics.get("rows_too_long"):
            st.caption(f":material/content_cut: {counted(left_out, 'question pair')} too long for it: not learned.")
    else:
        st.markdown(":material/pause_circle: It was interrupted. Resume it above: it goes on from its last checkpoint.")
    if len(series(rows, "loss")) > 1:
        st.altair_chart(loss_chart(rows), alt=SENTENCES[trend(rows)])
    show_samples(workspace, runs[0])


def _doing(workspace: Workspace, project: Project, rows: list[dict[str, Any]]) -> str:
    if is_being_stopped(workspace, project):
        return " is being stopped"
    return " is learning" if series(rows, "loss") else " is getting ready"


def _show_live(workspace: Workspace, project: Project, run: Run, rows: list[dict[str, Any]]) -> None:
    """Say how a run at work is going, and offer to end it with what it has learned."""
    how = trend(rows)
    if is_being_stopped(workspace, project):
        st.markdown(":material/hourglass_top: It stops at the next safe point. What it learned is kept.")
        return
    has_begun = bool(series(rows, "loss"))
    ready = (
        ":material/hourglass_top: The model is loaded and answers a few questions before it learns. You may close this page."
    )
    st.markdown(f"{ICONS[how]} {SENTENCES[how]}" if has_begun else ready)
    if RunFolder(workspace.run_folder(run.project_id, run.id)).stop_request.exists():
        st.caption(":material/flag: It ends after this step and keeps what it has learned.")
    elif has_begun and st.button(
        "Stop and keep",
        icon=":material/flag:",
        key="stop-and-keep",
        help="It ends now, as a finished run with what it has learned. To go on later, choose Cancel and then Resume.",
    ):
        with shown_errors():
            stop_and_keep(workspace, run.id)
            st.rerun()


def show_samples(workspace: Workspace, run: Run) -> None:
    """Show how a few questions were answered at the start and at the last measurement, beside the right answers."""
    told = read_samples(RunFolder(workspace.run_folder(run.project_id, run.id)))
    if not told:
        return
    first, last = told[0]["answers"], told[-1]["answers"]
    frame = pd.DataFrame(
        [
            {
                "Question": now["question"],
                "Right answer": now["reference"],
                "At the start": then["answer"],
                "Now": now["answer"],
            }
            for then, now in zip(first, last, strict=False)
        ]
    )
    st.markdown(f"**What it answers by now** (step {told[-1]['step']})")
    st.table(frame.set_index("Question"))


def is_being_stopped(workspace: Workspace, project: Project) -> bool:
    """Tell whether somebody asked the running training to stop."""
    running = find(workspace.db, Job, project_id=project.id, kind="train", state="running")
    return any(job.is_cancel_requested for job in running)


def _finished_sentence(rows: list[dict[str, Any]]) -> str:
    if trend(rows) == "memorizing":
        return f"{ICONS['memorizing']} It is finished, but learned some of it by heart: try a less thorough training."
    return ":material/check_circle: It is finished. A comparison with the base model shows what it knows now."
