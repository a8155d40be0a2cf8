"""`garrison train`, `evaluate`, `judge`, `leaks` and `runs`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.shell import Shell, plain, shell_of, table
from core.errors import InputError
from core.jobs.typed import JobParams
from core.records import Evaluation, Model, Project, Run
from core.settings import EMBEDDED_MODEL, TrainingSettings, key_values
from core.storage import find, get
from core.training.fit import Amount, Fit, remedies
from core.training.goals import Derived
from core.words import counted, duration, size

DOES_NOT_FIT = 1  # exit code of `train --plan`


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(train)
    app.command()(evaluate)
    app.command()(judge)
    app.command()(leaks)
    app.command("runs")(runs)


def train(
    context: typer.Context,
    project: str,
    model: Annotated[str, typer.Option(help="The model to start from.")] = EMBEDDED_MODEL,
    precision: Annotated[str, typer.Option(help="fp32, bf16, fp16, 8bit or 4bit.")] = "",
    goal: Annotated[str, typer.Option(help="quick, facts, heart, style or one of the project's own.")] = "facts",
    minutes: Annotated[float, typer.Option(help="Time allowed; 0: no limit.", min=0)] = 0,
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of the training settings.")] = None,
    from_run: Annotated[
        str, typer.Option("--from", metavar="RUN", help="Repeat this run: its model, dataset version and settings.")
    ] = "",
    on_from: Annotated[str, typer.Option(metavar="RUN", help="Begin with what this run has learned, on its model.")] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only estimate memory, disk, time: exit code 1 if it does not fit.")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Only take three real steps and measure: exit code 1 if it does not fit.")
    ] = False,
) -> None:
    """Train an adapter on the project's reviewed question pairs."""
    from core.services.questions.trainable import check_reviewed, trainable_amount
    from core.services.training.fit import settings_here
    from core.services.training.lineage import inherited
    from core.services.training.runs import Params, base_of, check, find_trainable, repeated

    if (plan or probe) and (detach or from_run):
        given = "--plan" if plan else "--probe"
        raise InputError(f"{given} trains nothing: --detach and --from do not go with it.", "Give it without them.")
    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    changes = key_values(set_ or []) | ({"precision": precision} if precision else {})
    TrainingSettings.from_values(changes)  # what is wrong with them is told first, and together
    start = get(shell.workspace.db, Run, on_from) if on_from else None
    changes = (inherited(start) if start else {}) | changes
    if from_run:
        _train(shell, chosen, repeated(shell.workspace, chosen, from_run, changes), detach=detach)
        return
    base = base_of(shell.workspace, start) if start and model == EMBEDDED_MODEL else find_trainable(shell.workspace, model)
    check_reviewed(shell.workspace, chosen)
    amount = trainable_amount(shell.workspace, chosen)
    derived = settings_here(
        shell.workspace, chosen, base, amount=amount, goal=goal, minutes=minutes or None, changes=changes
    )
    params = Params(model=base.name, settings=derived.settings.in_full())
    if derived.warning and not shell.is_json:
        typer.echo(derived.warning, err=True)
    if plan:  # and all that a job would refuse
        check(shell.workspace, chosen.id, params)
        raise typer.Exit(0 if show_plan(shell, chosen, base, amount=amount, derived=derived) else DOES_NOT_FIT)
    if probe:
        raise typer.Exit(0 if show_probe(shell, chosen, base, settings=derived.settings) else DOES_NOT_FIT)
    _train(shell, chosen, params, detach=detach)


def show_probe(shell: Shell, project: Project, base: Model, *, settings: TrainingSettings) -> bool:
    """Take three steps, print what they took; return whether the training fits as it is."""
    from core.services.training.probe.job import Params, Result

    job = shell.run(Params(model=base.name, settings=settings.in_full()), project_id=project.id)
    result = Result.of(job)
    lines = [result.verdict]
    if result.changes:
        lines.append(f"Next: {_memory_hint(result.changes)}")
    shell.show({"model": base.name, **result.model_dump()}, "\n".join(lines))
    return result.answer == "fits"


def _train(shell: Shell, project: Project, params: JobParams, *, detach: bool) -> None:
    """Start a training, and unless it is to go on alone, print what came of it."""
    from core.services.training.runs import Result

    job = shell.run(params, project_id=project.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    run = get(shell.workspace.db, Run, Result.of(job).run_id)
    left_out = run.metrics.get("rows_too_long")
    told = f"Run {run.id} is ready. Next: garrison evaluate {project.name} {run.id}"
    if left_out:
        told = f"{counted(left_out, 'question pair')} too long to learn from: left out.\n{told}"
    shell.show(run_figures(run), told)


def run_figures(run: Run) -> dict[str, object]:
    """Return what `garrison --json train` prints of a finished run: its id, and its speed, memory and losses.

    Rows and tokens are of training alone; `seconds` is the whole job, with loading and saving. Losses are in nats per token
    of the answers: of the last ten steps, and on the rows that were held out (None if there are none).
    """
    metrics = run.metrics
    return {
        "run": run.id,
        "rows_per_second": metrics["rows_per_s"],
        "tokens_per_second": metrics["tokens_per_s"],
        "peak_memory_bytes": metrics["peak_memory_bytes"],
        "train_loss": metrics["recent_loss"],
        "validation_loss": metrics["validation_loss"],
        "seconds": metrics["seconds"],
        "dataset": run.dataset_id,
        "model": run.model,
        "adapter_sha256": run.adapter_sha256,
        "rows_too_long": metrics["rows_too_long"],
    }


def show_plan(shell: Shell, project: Project, base: Model, *, amount: Amount, derived: Derived) -> bool:
    """Print what a training would need here, and why its settings are so; return whether it fits."""
    from core.services.training.fit import fit_here

    settings = derived.settings
    fit = fit_here(shell.workspace, project, base, amount=amount, settings=settings)
    verdict = {name: getattr(fit, name) for name in ("is_enough", "is_memory_enough", "is_disk_enough")}
    payload = {
        "model": base.name, "pairs": amount.pairs, "facts": amount.facts, "settings": settings.model_dump(),
        "reasons": dict(derived.reasons), "warning": derived.warning, **plain(fit), **verdict,
    }  # fmt: skip
    shell.show(payload, plan_text(fit, derived, pair_count=amount.pairs))
    return fit.is_enough


def plan_text(fit: Fit, derived: Derived, *, pair_count: int) -> str:
    """Say in words whether a training fits, what it needs, why its settings are so, and if memory lacks, what helps."""
    rows = [
        {"what": "memory", "needed": size(fit.memory_bytes), "free": size(fit.free_memory_bytes)},
        {"what": "disk", "needed": size(fit.disk_bytes), "free": size(fit.free_disk_bytes)},
        {"what": "of it a checkpoint", "needed": size(fit.checkpoint_bytes), "free": ""},
        {"what": "time", "needed": f"about {duration(fit.duration_s)}", "free": ""},
    ]
    settings = derived.settings
    chosen = [
        {"setting": name, "value": f"{getattr(settings, name)}", "why": reason} for name, reason in derived.reasons.items()
    ]
    fits = _fit_sentence(fit, counted(pair_count, "question pair"))
    lines = [fits, "", table(rows, empty=""), "", fit.basis, "", table(chosen, empty="")]
    if not fit.is_disk_enough:
        lines.append("Next: free some space on the workspace's disk.")
    if not fit.is_memory_enough:
        lines.append(f"Next: {_memory_hint(remedies(settings))}")
    return "\n".join(lines)


def _memory_hint(helping: Mapping[str, Any]) -> str:
    options = {
        "precision": "--precision {}",
        "method": "--set method={}",
        "batch_size": "--set batch_size={}",
    }
    changes = [options[name].format(value) for name, value in helping.items()]
    return f"try {' or '.join(changes)}" if changes else "choose a smaller model, or close other programs."


def _fit_sentence(fit: Fit, pairs: str) -> str:
    if fit.is_enough:
        return f"Training on {pairs} fits this machine."
    lacking = " and ".join(["memory"] * (not fit.is_memory_enough) + ["disk space"] * (not fit.is_disk_enough))
    return f"Training on {pairs} probably does not fit this machine: too little {lacking}."


def runs(
    context: typer.Context,
    project: str,
    stop_and_keep: Annotated[str, typer.Option(metavar="RUN", help="End this one now and keep what it has learned.")] = "",
) -> None:
    """List the runs of a project."""
    from core.services.training import stopping

    shell = shell_of(context)
    if stop_and_keep:
        stopping.stop_and_keep(shell.workspace, stop_and_keep)
        shell.show({"run": stop_and_keep}, f"Run {stop_and_keep} ends after its next step and keeps what it has learned.")
        return
    chosen = shell.workspace.project(project)
    listed = find(shell.workspace.db, Run, project_id=chosen.id, order="number")
    states = stopping.run_states(shell.workspace, chosen.id)
    rows = [
        {
            "id": run.id,
            "model": run.model,
            "on from": run.settings.get("start_run", ""),
            "state": states[run.id],
            "created": run.created_at[:19],
        }
        for run in listed
    ]
    shell.show(listed, table(rows, empty="No runs yet. Next: garrison train PROJECT"))


def evaluate(
    context: typer.Context,
    project: str,
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    questions: Annotated[
        Path | None, typer.Option(help="JSONL with input and output instead of the held-out pairs.")
    ] = None,
    general: Annotated[
        bool, typer.Option("--general/--no-general", help="Ask the general set, too, to see what it has forgotten.")
    ] = True,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Compare a run with its base model, alone and with a passage, on questions it was not trained on."""
    from core.cli.evaluation_words import evaluation_json, evaluation_text
    from core.services.training.evaluation import Params, Result
    from core.services.training.results import stored_result

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    run = shell.workspace.finished_run(run_id)
    if questions is not None and not questions.is_file():
        raise InputError(f"There is no file {questions}.", "Check the path.")
    params = Params(run_id=run.id, questions=str(questions.resolve()) if questions else "", has_general=general)
    job = shell.run(params, project_id=chosen.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    evaluation = get(shell.workspace.db, Evaluation, Result.of(job).evaluation_id)
    result = stored_result(shell.workspace, evaluation)
    shell.show(evaluation_json(evaluation, result), evaluation_text(evaluation, result))


def judge(
    context: typer.Context,
    project: str,
    first: Annotated[str, typer.Argument(metavar="RUN_A")],
    second: Annotated[str, typer.Argument(metavar="RUN_B")],
    model: Annotated[str, typer.Option(help="The model that judges.")] = EMBEDDED_MODEL,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Let a model judge whose answers are better, in both orders; what it does not agree with itself on is not counted."""
    from core.services.evaluation.judging import Params, Result

    shell = shell_of(context)
    params = Params(first_run_id=first, second_run_id=second, model=model)
    job = shell.run(params, project_id=shell.workspace.project(project).id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    result = Result.of(job)
    shell.show(result.as_json(), result.words)


def leaks(
    context: typer.Context,
    project: str,
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    values: Annotated[int, typer.Option(help="How many of the values that review removed are asked for.", min=1)] = 60,
    rows: Annotated[int, typer.Option(help="How many rows of each kind are read.", min=1)] = 48,
    show: Annotated[bool, typer.Option("--show", help="Only show the newest test.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Test whether a run gives away what review removed, and which texts it was trained on."""
    from core.evaluation.leaks import card_sentences
    from core.services.training.leaks.job import Params, read_leak_test

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    run = shell.workspace.finished_run(run_id)
    if not show:
        job = shell.run(Params(run_id=run.id, values=values, rows=rows), project_id=chosen.id, detach=detach)
        if detach:
            shell.show(job, f"Job {job.id}")
            return
    test = read_leak_test(shell.workspace, run)
    shell.show(test.as_json() if test else None, "\n".join(card_sentences(test, planted=run.settings.get("canaries", 0))))
