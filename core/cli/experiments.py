"""`garrison experiment …`."""

from typing import Annotated, Any

import typer

from core.cli.shell import Shell, plain, shell_of, table
from core.records import Experiment, Project
from core.settings import EMBEDDED_MODEL, key_values
from core.words import counted, duration, size

app = typer.Typer(no_args_is_help=True)
NumberArgument = Annotated[int | None, typer.Argument(help="Number of the experiment; default: the newest.")]


@app.command()
def start(
    context: typer.Context,
    project: str,
    model: Annotated[list[str] | None, typer.Option(help="A model to start from; may be given several times.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE,VALUE…: the values of a training setting to compare.")
    ] = None,
    goal: Annotated[str, typer.Option(help="quick, facts, heart or style.")] = "facts",
    minutes: Annotated[float, typer.Option(help="Time allowed for each training; 0: no limit.", min=0)] = 0,
    dataset: Annotated[int, typer.Option(help="Number of a dataset version; 0: the pairs as they are now.", min=0)] = 0,
    is_plan: Annotated[bool, typer.Option("--plan", help="Only tell what would be started, and how long it takes.")] = False,
) -> None:
    """Train every model with every combination of values, one after the other, and compare each run with its base."""
    from core.services.questions.datasets import version_of
    from core.services.training.experiments.job import Result, params_of
    from core.services.training.experiments.plan import Choice, plan

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    values = {name: tuple(dict.fromkeys(value.split(","))) for name, value in key_values(set_ or []).items()}
    models = tuple(dict.fromkeys(model or [EMBEDDED_MODEL]))
    planned = plan(shell.workspace, chosen, Choice(models=models, goal=goal, minutes=minutes or None, values=values))
    rows = [
        {"number": number, "model": each.model, **each.varied, "time": f"about {duration(each.fit.duration_s)}"}
        for number, each in enumerate(planned.variants, 1)
    ]
    told = f"{counted(len(rows), 'training')}, each with a comparison: about {duration(planned.duration_s)} in all."
    lines = [table(rows, empty=""), "", told]
    if planned.too_large:
        lines.append(f"Probably too large for this machine: {', '.join(map(str, planned.too_large))}.")
    payload: dict[str, Any] = {
        "variants": [{"model": each.model, "varied": each.varied, **plain(each.fit)} for each in planned.variants],
        "duration_s": planned.duration_s,
        "too_large": planned.too_large,
    }
    if is_plan:
        shell.show(payload, "\n".join(lines))
        return
    version = version_of(shell.workspace, chosen, dataset).id if dataset else ""
    job = shell.run(params_of(planned, dataset_id=version), project_id=chosen.id)
    number = Result.of(job).number
    lines.append(f"Experiment {number} has begun. Next: garrison experiment show {chosen.name} {number}")
    shell.show(payload | {"experiment": Result.of(job).experiment_id, "number": number}, "\n".join(lines))


@app.command("list")
def list_experiments(context: typer.Context, project: str) -> None:
    """List the experiments of a project, the newest first."""
    from core.services.training.experiments.results import experiments_of

    shell = shell_of(context)
    listed = experiments_of(shell.workspace, shell.workspace.project(project))
    rows = [
        {"experiment": each.number, "trainings": len(each.variants), "goal": each.goal, "begun": each.created_at[:19]}
        for each in listed
    ]
    shell.show(listed, table(rows, empty="No experiments yet. Next: garrison experiment start PROJECT"))


@app.command()
def show(context: typer.Context, project: str, number: NumberArgument = None) -> None:
    """Show how far the trainings of an experiment are, what they took and reached, and which run to take."""
    from core import jobs
    from core.services.training.experiments.results import STATE_WORDS, is_at_work, recommended, results_of

    shell, chosen, experiment = _chosen(context, project, number)
    jobs.advance(shell.workspace)
    results = results_of(shell.workspace, chosen, experiment)
    advice = recommended(results)
    rows = [
        {
            "number": each.number,
            "model": each.variant.model,
            **each.variant.varied,
            "state": STATE_WORDS[each.state],
            "words shared": f"{each.score.mean:.3f} ({each.score.low:.3f} to {each.score.high:.3f})" if each.score else "",
            "time": duration(each.seconds) if each.seconds else "",
            "memory": size(each.memory_bytes) if each.memory_bytes else "",
            "adapter": size(each.adapter_bytes) if each.adapter_bytes else "",
            "run": each.run.id if each.run else "",
        }
        for each in results
    ]
    faults = [f"Number {each.number}: {each.error}" for each in results if each.error]
    lines = [table(rows, empty=""), "", *faults, advice.words]
    if is_at_work(results):
        lines.append("Not all of them have ended yet.")
    payload = {
        "experiment": experiment, "results": [_figures(each) for each in results], "recommended": advice.number,
        "words": advice.words,
    }  # fmt: skip
    shell.show(payload, "\n".join(lines))


@app.command()
def cancel(context: typer.Context, project: str, number: NumberArgument = None) -> None:
    """Cancel what has not ended of an experiment; finished runs stay."""
    from core.services.training.experiments.ending import cancel_experiment

    shell, chosen, experiment = _chosen(context, project, number)
    count = cancel_experiment(shell.workspace, chosen, experiment)
    shell.show({"experiment": experiment.id, "cancelled": count}, f"{counted(count, 'job')} cancelled.")


@app.command()
def resume(context: typer.Context, project: str, number: NumberArgument = None) -> None:
    """Go on with what failed or was canceled of an experiment, each training from its last checkpoint."""
    from core.services.training.experiments.ending import resume_experiment

    shell, chosen, experiment = _chosen(context, project, number)
    count = resume_experiment(shell.workspace, chosen, experiment)
    shell.show({"experiment": experiment.id, "resumed": count}, f"{counted(count, 'job')} queued again.")


def _chosen(context: typer.Context, project: str, number: int | None) -> tuple[Shell, Project, Experiment]:
    from core.services.training.experiments.results import experiment_of

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    return shell, chosen, experiment_of(shell.workspace, chosen, number)


def _figures(result: Any) -> dict[str, Any]:
    """Return what is known of one variant, as JSON."""
    run = result.run
    return {
        "number": result.number, "model": result.variant.model, "varied": result.variant.varied, "state": result.state,
        "error": result.error, "run": run.id if run else None, "score": plain(result.score), "change": result.change,
        "questions": result.question_count, "seconds": result.seconds, "peak_memory_bytes": result.memory_bytes,
        "adapter_bytes": result.adapter_bytes,
    }  # fmt: skip
