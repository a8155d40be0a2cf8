"""Train: on what, from which model, how thoroughly; then how it is going, and the runs before it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core import jobs
from core.evaluation import Interval
from core.evaluation.verdict import outcome
from core.models.cpu_budget import BUSY
from core.models.registry import model_folders, models_for
from core.records import DatasetVersion, Evaluation, Model, Project, QuestionPair, Run
from core.services.questions.trainable import standing_of, trainable_amount
from core.services.training.fit import situation_here
from core.services.training.lineage import inherited, startable
from core.services.training.probe import job as probing
from core.services.training.search.own_goals import own_goals
from core.services.training.stopping import run_states
from core.settings import Goal, Method, Objective, TrainingSettings
from core.storage import Workspace, count, find
from core.training.fit import Amount, Fit, remedies
from core.training.goals import Derived, Situation, as_found, derive
from core.words import counted, duration, size
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.experiments.choice import show_choice as show_experiment_choice
from dashboard.components.experiments.search import show_search
from dashboard.components.experiments.table import show_experiments
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.questions.versions import show_versions
from dashboard.components.run_comparison import show_comparison
from dashboard.components.run_progress import show_progress
from dashboard.components.setting_fields import LABELS, setting_fields, setting_key
from dashboard.components.words import ago
from dashboard.session_keys import TRAIN_GOAL, TRAIN_MODEL

METHODS: dict[Method, str] = {
    "lora": "an adapter beside the model (usual)",
    "rslora": "an adapter, weighed for large ones (rsLoRA)",
    "dora": "an adapter, size and direction apart (DoRA)",
    "full": "all weights of the model",
}
OBJECTIVES: dict[Objective, str] = {
    "answers": "the answers of the question pairs",
    "dpo": "what reviewers made of answers (DPO)",
}
REMEDIES = {  # setting: label and key of the button that changes it
    "precision": ("Load the model in 4 bits", "use-4bit"),
    "method": ("Train an adapter instead", "use-adapter"),
    "batch_size": ("Fewer questions at once", "use-small"),
}
GOALS: dict[Goal, tuple[str, str]] = {
    "quick": ("Quick look", "to see whether it works"),
    "facts": ("Learns the facts", "right for most manuals"),
    "heart": ("Learns by heart", "when every detail must be known"),
    "style": ("Takes on the style", "answers in the manner of your pairs"),
}
MINUTES = {None: "as long as it takes", 10: "10 minutes", 30: "30 minutes", 60: "an hour", 180: "3 hours"}


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
        key=TRAIN_MODEL,
    )
    return models[names.index(chosen)]


def ask_start(workspace: Workspace, project: Project, model: Model) -> dict[str, Any]:
    """Ask whether to begin with the model or with what an earlier run has learned; return the settings that follow."""
    runs = {run.id: run for run in startable(workspace, project, model)}
    if not runs:
        return {}
    chosen: str = st.selectbox(
        "Begin with",
        ["", *runs],
        format_func=lambda run_id: f"what run {runs[run_id].number} has learned" if run_id else "the model as it is",
        key="train-start",
        help="A run that goes on keeps what it knows and learns these questions besides.",
    )
    return inherited(runs[chosen]) if chosen else {}


def ask_goal(fits: dict[str, Fit], words: Mapping[str, tuple[str, str]]) -> str:
    """Ask what the training is for, showing how long each goal takes; return its name."""
    if st.session_state.get(TRAIN_GOAL, "facts") not in fits:  # one of the project's own, for another model
        st.session_state[TRAIN_GOAL] = "facts"
    chosen: str = st.radio(
        "What for?",
        list(fits),
        index=list(fits).index("facts"),
        format_func=lambda goal: words[goal][0],
        captions=[f"about {duration(fit.duration_s)}, {words[goal][1]}" for goal, fit in fits.items()],
        key=TRAIN_GOAL,
    )
    return chosen


def ask_minutes() -> float | None:
    """Ask how long it may take; return minutes, None for as long as it takes."""
    chosen: float | None = st.selectbox(
        "It may take",
        list(MINUTES),
        format_func=MINUTES.__getitem__,
        key="train-minutes",
        help="In less time each fact is shown fewer times.",
    )
    return chosen


def ask_method() -> None:
    """Ask what learns, an adapter or the model itself; the choice is read before the settings are derived."""
    st.selectbox(
        "What learns",
        list(METHODS),
        format_func=METHODS.__getitem__,
        key="train-method",
        help="All weights take four times the memory of the model, and a run is then as large as the model.",
    )


def ask_objective() -> None:
    """Ask what to learn from; the choice is read before the settings are derived."""
    st.selectbox(
        "Learns from",
        list(OBJECTIVES),
        format_func=OBJECTIVES.__getitem__,
        key="train-objective",
        help="Answers that people mended or replaced on the page Questions show which of two they prefer. It is best done "
        "after a training on the answers, beginning with what that run has learned.",
    )


def show_preferences(situation: Situation) -> None:
    """Say how many questions there are whose answer was preferred to another one."""
    if situation.preferences:
        st.info(
            f"Learns from {counted(situation.preferences, 'question')} with an answer that a person preferred to another."
        )
    else:
        st.warning("No answer was preferred to another one yet: mend those that are not good enough on the page Questions.")


def show_reasons(derived: Derived) -> None:
    """Show why the settings are what they are."""
    rows = [
        {"Setting": LABELS[name][0], "Value": f"{getattr(derived.settings, name)}", "Why": reason}
        for name, reason in derived.reasons.items()
    ]
    st.table(pd.DataFrame(rows).set_index("Setting"))


def show_fit(fit: Fit, probed: probing.Result | None, settings: TrainingSettings, derived: Derived) -> None:
    """Show whether the training fits this machine, or what to change: as three steps measured it, else as estimated."""
    with st.container(border=True, key="fit"):
        if probed is None:
            show_estimate(fit, settings, derived)
            return
        icon = ":material/check_circle:" if probed.answer == "fits" else ":material/warning:"
        st.markdown(f"{icon} **{probed.verdict}** About {duration(fit.duration_s)} in all.")
        with st.container(horizontal=True):
            show_remedies(probed.changes, derived)
        if fit.is_busy:
            st.caption(f":material/hourglass: {BUSY} It takes as long as these steps say only if that stays so.")


def show_estimate(fit: Fit, settings: TrainingSettings, derived: Derived) -> None:
    """Show what a training needs by its sizes, or what to change."""
    needs = f"{size(fit.memory_bytes)} of {size(fit.free_memory_bytes)} free memory"
    disk = f"{size(fit.disk_bytes)} on disk, of it {size(fit.checkpoint_bytes)} for each checkpoint"
    facts = f"about {duration(fit.duration_s)} · {disk}"
    if fit.is_enough:
        st.markdown(f":material/check_circle: **Fits: {needs}** · {facts}")
    elif not fit.is_disk_enough:
        st.markdown(
            f":material/error: **The disk is too full:** {size(fit.free_disk_bytes)} free · {facts}. Free some space."
        )
    else:
        st.markdown(f":material/warning: **Probably too large: {needs}** · {facts}. What helps:")
        changes = remedies(settings)
        with st.container(horizontal=True):
            show_remedies(changes, derived)
        if not changes:
            st.caption("Nothing more can be saved: choose a smaller model, or close other programs.")
    st.caption(fit.basis)


def show_remedies(changes: Mapping[str, Any], derived: Derived) -> None:
    """Show a button for each setting that saves memory."""
    for name, (label, key) in REMEDIES.items():
        if name in changes:
            st.button(label, key=key, on_click=_change, args=(derived.settings, name, changes[name]))


def _change(settings: TrainingSettings, name: str, value: Any) -> None:
    st.session_state["train-method" if name == "method" else setting_key(settings, name)] = value


def show_choice(workspace: Workspace, project: Project, amount: Amount, *, is_next: bool) -> None:
    """Show the three questions, the details, the fit and the start button, the main one if it is the next step."""
    models = models_for("training", model_folders(workspace.home))
    if not models:
        empty_state("There is no model to start from. Add one first.", page="models", label="Add a model")
        return
    preferred = [model for model in models if model.is_embedded] + [model for model in models if not model.is_embedded]

    data, base, depth = st.columns(3, border=True)
    with data:
        st.markdown("On what?")
        ask_data(workspace, project, amount)
    with base:
        model = ask_model(preferred)
        start = ask_start(workspace, project, model)
    objective: Objective = st.session_state.get("train-objective", "answers")
    changes = {"objective": objective, "method": st.session_state.get("train-method", "lora"), **start}
    minutes = st.session_state.get("train-minutes")
    situation = situation_here(workspace, project, model, amount=amount, minutes=minutes, objective=objective)
    is_usual = objective == "answers" and changes["method"] != "full"  # what a search finds settings for
    own = {goal.name: goal.settings for goal in own_goals(workspace, project, model=model.name) if is_usual}
    choices: dict[str, Derived] = {name: derive(name, situation, changes) for name in GOALS}
    choices |= {name: as_found(TrainingSettings.from_values(settings), situation, changes) for name, settings in own.items()}
    words: dict[str, tuple[str, str]] = {name: (name, "found by a search of this project") for name in own}
    words |= {name: told for name, told in GOALS.items()}
    with depth:
        goal = ask_goal({name: situation.fit(each.settings) for name, each in choices.items()}, words)
        ask_minutes()
    derived = choices[goal]
    with st.expander("Details", icon=":material/tune:"):
        st.caption("For people who know the terms. The choices above fill these in.")
        ask_objective()
        if not start:
            ask_method()
        show_reasons(derived)
        settings = TrainingSettings.from_values(
            {"goal": derived.settings.goal, **changes, **setting_fields(derived.settings)}
        )
    if objective == "dpo":
        show_preferences(situation)
    if derived.warning:
        st.warning(derived.warning, icon=":material/warning:")
    probed = probing.last_probe(workspace, project, model.name, settings)
    show_fit(situation.fit(settings), probed, settings, derived)
    probe = follow_newest(workspace, project, probing.Params.kind)
    with st.container(horizontal=True):
        is_started = st.button(
            "Start training", type="primary" if is_next else "secondary", icon=":material/play_arrow:", key="start-training"
        )
        is_tried = st.button(
            "Try three steps",
            icon=":material/speed:",
            key="try-steps",
            disabled=is_active(probe),
            help="Takes three steps with the longest question pairs, to measure memory and time here. Nothing is kept.",
        )
    if is_started or is_tried:
        from core.services.training import runs  # imports the training stage, so only where needed

        stage = runs if is_started else probing
        with shown_errors():
            jobs.submit(workspace, stage.Params(model=model.name, settings=settings.in_full()), project_id=project.id)
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
    states = run_states(workspace, project.id)
    numbers = {run.id: run.number for run in runs}
    rows = []
    for run in runs:
        version = versions.get(run.dataset_id)
        goal = run.settings.get("goal", "")
        rows.append(
            {
                "Run": run.number,
                "State": states[run.id],
                "Model": run.model + (f", on from run {numbers[start]}" if (start := run.settings.get("start_run")) else ""),
                "Questions": f"version {version.number}: {version.train_count:,}" if version else "",
                "What for": GOALS[goal][0] if goal in GOALS else "",
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


def show_last_run(workspace: Workspace, project: Project) -> bool:
    """Show what came out of the newest run, and the step after it; return whether training again is the next step."""
    show_progress(workspace, project, is_live=False)
    finished = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
    if not finished:
        return True
    compared = find(workspace.db, Evaluation, run_id=finished[0].id, order="created_at desc")
    is_good = bool(compared) and compared[0].is_good_enough is True
    if not compared:
        if st.button("Compare with the base model", icon=":material/balance:", key="go-evaluate", type="primary"):
            st.switch_page("app_pages/evaluate.py")
    elif is_good and st.button("Use this model", icon=":material/check:", key="go-use", type="primary"):
        st.switch_page("app_pages/evaluate.py")  # where it is told what is in use, and this one put there
    st.subheader("Train again")
    return bool(compared) and not is_good


def show_several(workspace: Workspace, project: Project, *, has_pairs: bool) -> None:
    """Show how to start several trainings at once, and what came of those that were started so."""
    if not has_pairs:
        return
    st.subheader("Find out what works best")
    several, searching = st.tabs(["Several at once", "Search for the best settings"])
    with several:
        if not is_active(follow_newest(workspace, project, "experiment")):
            show_experiment_choice(workspace, project, GOALS)
        show_experiments(workspace, project)
    with searching:
        show_search(workspace, project, GOALS)


workspace = resources.workspace()
project = resources.require_project()
job = follow_newest(workspace, project, "train")
amount = trainable_amount(workspace, project)
if is_active(job):
    st.fragment(show_progress, run_every="2s", key="live-run")(workspace, project, is_live=True)
elif amount.pairs:
    show_choice(workspace, project, amount, is_next=show_last_run(workspace, project))
else:
    show_first_step(workspace, project)
show_versions(workspace, project, can_freeze=amount.pairs > 0 and not is_active(job))
if is_active(job):
    st.fragment(show_runs, run_every="5s", key="live-runs")(workspace, project)
else:
    show_runs(workspace, project)
show_comparison(workspace, project)
show_several(workspace, project, has_pairs=amount.pairs > 0)
