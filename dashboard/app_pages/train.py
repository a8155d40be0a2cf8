"""Train: on what, from which model, how thoroughly; then how it is going, and the runs before it."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from core import jobs
from core.evaluation import Interval
from core.evaluation.verdict import outcome
from core.models.registry import model_folders, models_for
from core.records import DatasetVersion, Evaluation, Job, Model, Project, QuestionPair, Run
from core.run_folder import RunFolder
from core.services.questions.trainable import standing_of, trainable_amount
from core.services.training.fit import fit_here
from core.settings import PRESETS, TrainingSettings
from core.storage import Workspace, count, find
from core.training.fit import Amount, Fit, remedies
from core.training.learning import SENTENCES, Trend, trend
from core.words import counted, duration, size
from dashboard import resources
from dashboard.components.charts import loss_chart
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.questions.versions import show_versions
from dashboard.components.setting_fields import setting_fields
from dashboard.components.words import ago

ICONS: dict[Trend, str] = {
    "starting": ":material/hourglass_top:",
    "learning": ":material/trending_up:",
    "stalled": ":material/trending_flat:",
    "memorizing": ":material/trending_down:",
}
REMEDIES = {  # setting: label and key of the button that changes it
    "precision": ("Load the model in 4 bits", "use-4bit"),
    "batch_size": ("Fewer questions at once", "use-small"),
}
THOROUGHNESS = {
    "quick": ("Quick", "to see whether it works"),
    "standard": ("Standard", "right for most manuals"),
    "thorough": ("Thorough", "when details must be known well"),
}


def read_metrics(workspace: Workspace, run: Run) -> list[dict[str, Any]]:
    """Return the rows a run has written so far; a line still being written is left for the next look."""
    path = RunFolder(workspace.run_folder(run.project_id, run.id)).metrics
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def show_progress(workspace: Workspace, project: Project, *, is_live: bool) -> None:
    """Show the newest run: a sentence on how it is going, then its curve."""
    runs = find(workspace.db, Run, project_id=project.id, order="number desc")
    if not runs:
        return
    rows = read_metrics(workspace, runs[0])
    how = trend(rows)
    is_stopping = is_live and is_being_stopped(workspace, project)
    doing = " is being stopped" if is_stopping else " is learning"
    st.subheader(f"Run {runs[0].number}" + (doing if is_live else ""))
    if is_stopping:
        st.markdown(":material/hourglass_top: It stops at the next safe point. What it learned is kept.")
    elif is_live:
        st.markdown(f"{ICONS[how]} {SENTENCES[how]}")
    elif runs[0].is_finished:
        st.markdown(_finished_sentence(rows))
    else:
        st.markdown(":material/pause_circle: It did not come to its end. Resume it above; what it learned is kept.")
    if rows:
        st.altair_chart(loss_chart(rows), alt=SENTENCES[how])


def is_being_stopped(workspace: Workspace, project: Project) -> bool:
    """Tell whether somebody asked the running training to stop."""
    running = find(workspace.db, Job, project_id=project.id, kind="train", state="running")
    return any(job.is_cancel_requested for job in running)


def _finished_sentence(rows: list[dict[str, Any]]) -> str:
    if trend(rows) == "memorizing":
        return f"{ICONS['memorizing']} It is finished, but learned some of it by heart: try a less thorough training."
    return ":material/check_circle: It is finished. A comparison with the base model shows what it knows now."


def ask_data(workspace: Workspace, project: Project, amount: Amount) -> None:
    """Show what to train on: the kept pairs, which starting freezes."""
    st.markdown(f"**{counted(amount.pairs, 'question pair')}** from {counted(amount.documents, 'document')}")
    standing = standing_of(workspace, project)
    if standing.unapproved:
        st.caption(f":material/front_hand: {standing.unapproved:,} more come from text that is not approved: left out.")
    if standing.outdated:
        st.caption(
            f":material/update: {standing.outdated:,} more are out of date: their text changed when it was approved again. "
            "Write question pairs once more on the page Questions; only what changed is written."
        )
    versions = find(workspace.db, DatasetVersion, project_id=project.id, order="number desc")
    st.caption(
        "Starting freezes them as a numbered version that never changes; some are held back to test what it learned."
        + (f" The last one is version {versions[0].number}: see below." if versions else "")
    )


def ask_model(models: list[Model]) -> Model:
    """Ask which of this machine's models to start from, showing size and license; return it."""
    names = [model.name for model in models]
    chosen = st.radio(
        "Starting from which model?",
        names,
        captions=[f"{size(model.size_bytes)} · license {model.license or 'not stated'}" for model in models],
        key="train-model",
    )
    return models[names.index(chosen)]


def ask_thoroughness(fits: dict[str, Fit]) -> str:
    """Ask how thorough the training should be, showing how long each takes; return the preset."""
    chosen = st.radio(
        "How thorough?",
        list(fits),
        index=list(fits).index("standard"),
        format_func=lambda preset: THOROUGHNESS[preset][0],
        captions=[f"about {duration(fit.duration_s)}, {THOROUGHNESS[preset][1]}" for preset, fit in fits.items()],
        key="train-preset",
    )
    return str(chosen)


def show_fit(fit: Fit, settings: TrainingSettings) -> None:
    """Show whether the training fits this machine, or what to change."""
    needs = f"{size(fit.memory_bytes)} of {size(fit.free_memory_bytes)} free memory"
    facts = f"about {duration(fit.duration_s)} · {size(fit.disk_bytes)} on disk"
    with st.container(border=True, key="fit"):
        if fit.is_enough:
            st.markdown(f":material/check_circle: **Fits: {needs}** · {facts}")
        elif not fit.is_disk_enough:
            st.markdown(
                f":material/error: **The disk is too full:** {size(fit.free_disk_bytes)} free · {facts}. Free some space."
            )
        else:
            st.markdown(f":material/warning: **Probably too large: {needs}** · {facts}. What helps:")
            with st.container(horizontal=True):
                show_remedies(settings)
        st.caption("An estimate from the model's size and the questions' length, for a machine that does nothing else.")


def show_remedies(settings: TrainingSettings) -> None:
    """Show a button for each setting that saves memory."""
    changes = remedies(settings)
    for name, (label, key) in REMEDIES.items():
        if name in changes:
            st.button(label, key=key, on_click=_change, args=(settings, name, changes[name]))
    if not changes:
        st.caption("Nothing more can be saved: choose a smaller model, or close other programs.")


def _change(settings: TrainingSettings, name: str, value: Any) -> None:
    st.session_state[f"setting-{settings.preset}-{name}"] = value


def show_choice(workspace: Workspace, project: Project, amount: Amount) -> None:
    """Show the three questions, the details, the fit and the start button."""
    models = models_for("training", model_folders(workspace.home))
    if not models:
        empty_state("There is no model to start from. Add one first.", page="models", label="Add a model")
        return
    preferred = [model for model in models if model.is_embedded] + [model for model in models if not model.is_embedded]

    def fit_of(model: Model, settings: TrainingSettings) -> Fit:
        return fit_here(workspace, project, model, amount=amount, settings=settings)

    data, base, depth = st.columns(3, border=True)
    with data:
        st.markdown("On what?")
        ask_data(workspace, project, amount)
    with base:
        model = ask_model(preferred)
    with depth:
        preset = ask_thoroughness({name: fit_of(model, TrainingSettings.from_preset(name)) for name in PRESETS})
    with st.expander("Details", icon=":material/tune:"):
        st.caption("For people who know the terms. The choice above fills these in.")
        settings = TrainingSettings.from_preset(preset, setting_fields(TrainingSettings.from_preset(preset)))
    fit = fit_of(model, settings)
    show_fit(fit, settings)
    if st.button("Start training", type="primary", icon=":material/play_arrow:", key="start-training"):
        from core.services.training.runs import Params  # imports the training stage, so only where needed

        with shown_errors():
            params = Params(model=model.name, settings=settings.in_full())
            jobs.submit(workspace, params, project_id=project.id)
            st.rerun()


def comparison_words(evaluation: Evaluation) -> str:
    """Summarize an evaluation (better or worse, and good enough or not) that the Evaluate page gives at length."""
    words = {"better": "✓ better", "worse": "✗ worse", "unclear": "– no difference shown"}
    difference = Interval(**evaluation.scores["token_f1"]["difference"])
    enough = {True: ", good enough to use", False: ", not good enough yet", None: ""}[evaluation.is_good_enough]
    return words[outcome(difference, question_count=evaluation.question_count)] + enough


def show_runs(workspace: Workspace, project: Project) -> None:
    """Show every run, newest first."""
    runs = find(workspace.db, Run, project_id=project.id, order="number desc")
    if not runs:
        return
    st.subheader("All runs")
    evaluations = find(workspace.db, Evaluation, project_id=project.id, order="created_at")
    verdicts = {evaluation.run_id: comparison_words(evaluation) for evaluation in evaluations}
    versions = {version.id: version for version in find(workspace.db, DatasetVersion, project_id=project.id)}
    rows = []
    for run in runs:
        version = versions.get(run.dataset_id)
        preset = str(run.settings.get("preset", ""))
        rows.append(
            {
                "Run": run.number,
                "State": "finished" if run.is_finished else "not finished",
                "Model": run.model,
                "Questions": f"version {version.number}: {version.train_count:,}" if version else "",
                "How thorough": THOROUGHNESS[preset][0] if preset in THOROUGHNESS else preset,
                "Started": ago(run.created_at),
                "Compared with the base model": verdicts.get(run.id, "not yet"),
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Trainings of this project, newest first")


def show_first_step(workspace: Workspace, project: Project) -> None:
    """Show why nothing can be trained yet, and where to go."""
    kept = count(workspace.db, QuestionPair, project_id=project.id, state="kept")
    if kept:
        text = f"None of the {counted(kept, 'question pair')} comes from text whose approval stands."
        empty_state(text, page="review", label="Review and approve")
    elif count(workspace.db, QuestionPair, project_id=project.id):
        empty_state("Every question pair was dropped.", page="questions", label="Go to the questions")
    else:
        text = "A model learns from question pairs, and there are none yet."
        empty_state(text, page="questions", label="Go to the questions")


def show_last_run(workspace: Workspace, project: Project) -> None:
    """Show what came out of the newest run, and the step after it."""
    show_progress(workspace, project, is_live=False)
    finished = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
    if finished and not count(workspace.db, Evaluation, run_id=finished[0].id):
        if st.button("Compare with the base model", icon=":material/balance:", key="go-evaluate"):
            st.switch_page("app_pages/evaluate.py")
    if finished:
        st.subheader("Train again")


workspace = resources.workspace()
project = resources.require_project()
job = follow_newest(workspace, project, "train")
amount = trainable_amount(workspace, project)
if is_active(job):
    st.fragment(show_progress, run_every="2s", key="live-run")(workspace, project, is_live=True)
elif amount.pairs:
    show_last_run(workspace, project)
    show_choice(workspace, project, amount)
else:
    show_first_step(workspace, project)
show_versions(workspace, project, can_freeze=amount.pairs > 0 and not is_active(job))
show_runs(workspace, project)
