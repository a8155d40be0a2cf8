"""`garrison search` and `goals`."""

from typing import Annotated, Any

import typer

from core.cli.shell import Shell, plain, shell_of, table
from core.records import Project
from core.settings import EMBEDDED_MODEL, key_values
from core.words import duration


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(search)
    app.command()(goals)


def search(
    context: typer.Context,
    project: str,
    model: Annotated[str, typer.Option(help="The model to start from.")] = EMBEDDED_MODEL,
    goal: Annotated[str, typer.Option(help="quick, facts, heart or style.")] = "facts",
    minutes: Annotated[float, typer.Option(help="Time for all trials together.", min=0.1)] = 30,
    trials: Annotated[int, typer.Option(help="Trials at most.", min=2, max=500)] = 10,
    seed: Annotated[int, typer.Option(help="The same seed tries the same settings.")] = 0,
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of a training setting for all trials.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
    is_show: Annotated[bool, typer.Option("--show", help="Only show what the newest search has found.")] = False,
    keep: Annotated[str, typer.Option(metavar="NAME", help="Keep the best settings as a goal of this name.")] = "",
) -> None:
    """Search for the settings that a model learns these pairs best with, by short trainings."""
    from core.services.training.search.job import params_here
    from core.services.training.search.own_goals import keep_best

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if not is_show and not keep:
        from core.services.training.runs import find_trainable

        base = find_trainable(shell.workspace, model)
        params = params_here(
            shell.workspace, chosen, base, goal=goal, minutes=minutes, trials=trials, seed=seed,
            changes=key_values(set_ or []),
        )  # fmt: skip
        job = shell.run(params, project_id=chosen.id, detach=detach)
        if detach:
            shell.show(job, f"Job {job.id}")
            return
    if keep:
        own = keep_best(shell.workspace, chosen, keep)
        shell.show(own, f"Kept. Next: garrison train {chosen.name} --model {own.model} --goal {own.name!r}")
        return
    _show(shell, chosen)


def _show(shell: Shell, project: Project) -> None:
    """Print the trials of the newest search, and which was best."""
    from core.services.training.search.measuring import MEASURED_WORDS
    from core.services.training.search.progress import newest_search

    newest = newest_search(shell.workspace, project)
    if newest is None:
        shell.show(None, "No search yet. Next: garrison search PROJECT")
        return
    job, told = newest
    rows = [
        {
            "trial": trial.number, "state": trial.state, **trial.chosen,
            "error": "" if trial.loss is None else f"{trial.loss:.3f}",
            "time": duration(trial.seconds) if trial.seconds else "",
        }
        for trial in told.trials
    ]  # fmt: skip
    lines = [table(rows, empty=""), "", f"Measured by {MEASURED_WORDS[told.by]}; lower is better."]
    lines += [f"Trial {trial.number}: {trial.error}" for trial in told.trials if trial.error]
    if told.best:
        lines.append(f"Trial {told.best.number} is the best. Next: garrison search {project.name} --keep NAME")
    payload: dict[str, Any] = {
        "job": job.id, "model": told.model, "measured_by": told.by, "trials": [plain(trial) for trial in told.trials],
        "best": told.best.number if told.best else None,
    }  # fmt: skip
    shell.show(payload, "\n".join(lines))


def goals(
    context: typer.Context,
    project: str,
    remove: Annotated[str, typer.Option(metavar="NAME", help="Remove this one; runs stay as they are.")] = "",
) -> None:
    """List a project's own goals, which searches found."""
    from core.services.training.search.own_goals import own_goals, remove_goal

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if remove:
        remove_goal(shell.workspace, chosen, remove)
        shell.show({"removed": remove}, f"The goal {remove} is removed.")
        return
    listed = own_goals(shell.workspace, chosen)
    rows = [{"goal": own.name, "model": own.model, "kept": own.created_at[:19]} for own in listed]
    shell.show(listed, table(rows, empty="No goals of its own yet. Next: garrison search PROJECT"))
