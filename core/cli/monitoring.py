"""`garrison monitor`, `use` and `retrain`."""

from typing import Annotated, Any

import typer

from core.cli.shell import Shell, plain, shell_of, table
from core.errors import InputError, JobFailed
from core.records import Project, Run
from core.settings import MonitoringSettings, key_values
from core.storage import find, get

As = Annotated[str, typer.Option("--as", help="Your name; it is kept with what you decide.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(monitor)
    app.command()(use)
    app.command()(retrain)


def monitor(
    context: typer.Context,
    project: str,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE: when it is time to retrain, how often to evaluate again.")
    ] = None,
    as_: As = "",
) -> None:
    """Show how the model in use fares, in counts alone, and whether it is time to train again."""
    from core.services.monitoring.questions import Params
    from core.services.monitoring.report import monitoring_of
    from core.services.monitoring.rules import monitoring_settings_of, set_monitoring

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if set_:
        from core.identity import declared

        values = monitoring_settings_of(shell.workspace, chosen).model_dump() | key_values(set_)
        set_monitoring(shell.workspace, chosen, MonitoringSettings.from_values(values), by=declared(as_))
    found = monitoring_of(shell.workspace, chosen)
    if found.questions and found.questions.waiting:
        shell.run(Params(), project_id=chosen.id)
        found = monitoring_of(shell.workspace, chosen)
    names = {run.id: f"run {run.number}" for run in find(shell.workspace.db, Run, project_id=chosen.id)}
    shell.show(_payload(found), _text(found, chosen, names))


def _payload(found: Any) -> dict[str, Any]:
    from core.monitoring.reasons import reason_words

    reasons = [{**plain(reason), "words": reason_words(reason)} for reason in found.reasons]
    return {**plain(found), "settings": found.settings.model_dump(), "reasons": reasons, "is_time": bool(reasons)}


def _text(found: Any, project: Project, names: dict[str, str]) -> str:
    from core.monitoring.reasons import reason_words
    from core.services.monitoring.words import document_words, question_words

    if found.run is None:
        lines = [f"No model is in use yet. Next: garrison use {project.name} RUN"]
    else:
        lines = [f"In use: run {found.run.number} ({found.run.id}), {found.run.model}, since {found.in_use.created_at[:10]}"]
    rows = [
        {
            "answers of": names.get(name, name),
            "answers": each.answers,
            "thumbs up": each.up,
            "down": each.down,
            "not in documents": f"{each.refused} of {each.from_documents}",
            "unsupported": f"{each.unsupported} of {each.from_documents}",
            "cut": each.endings["cut"],
            "repeating": each.endings["repeating"],
            "stopped": each.endings["stopped"],
            "broken off": each.endings["broken off"],
            "first words": f"{each.first.median_s:.1f} s ({each.first.slow_s:.1f})" if each.first else "",
            "whole": f"{each.whole.median_s:.1f} s ({each.whole.slow_s:.1f})" if each.whole else "",
        }
        for name, each in found.answerers.items()
    ]
    lines += ["", table(rows, empty=f"Nobody asked anything in the last {found.settings.days} days."), ""]
    if found.services.requests:
        lines.append(f"Other programs: {found.services.requests:,} requests, {found.services.failed:,} of them failed.")
    lines += [question_words(found.questions)] if found.questions else []
    lines += [document_words(found.documents)] if found.documents else []
    if found.reasons:
        lines += ["", "Time to retrain:", *(f"  {reason_words(reason)}" for reason in found.reasons)]
        lines.append(f"Next: garrison retrain {project.name}")
    elif found.run:
        lines += ["", "Nothing says that it is time to retrain."]
    return "\n".join(lines)


def use(
    context: typer.Context,
    project: str,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run to use from now on; left out, what is in use.")] = "",
    back: Annotated[bool, typer.Option("--back", help="Go back to the run that was in use before.")] = False,
    reason: Annotated[str, typer.Option(help="Why, if it is not shown to be as good as the one in use.")] = "",
    as_: As = "",
) -> None:
    """Say which run the project's people use, go back to the one before, or show what was in use."""
    from core.identity import declared
    from core.services.monitoring.in_use import go_back, history_of, put_in_use, run_before, run_in_use
    from core.services.monitoring.words import WAY_WORDS, use_words

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if back and run_id:
        raise InputError("A run and --back do not go together.", "Give one of them.")
    if back or run_id:
        by, before = declared(as_), run_in_use(shell.workspace, chosen)
        used = (
            go_back(shell.workspace, chosen, by=by)
            if back
            else put_in_use(shell.workspace, chosen, run_id, reason=reason, by=by)
        )
        run = get(shell.workspace.db, Run, used.run_id)
        way_back = f" To go back: garrison use {chosen.name} --back" if run_before(shell.workspace, chosen) else ""
        shell.show(used, f"{use_words(run, before)}{way_back}")
        return
    listed = history_of(shell.workspace, chosen)
    rows = [
        {
            "run": each.run_id,
            "since": each.created_at[:19],
            "how": WAY_WORDS[each.way],
            "by": each.set_by,
            "reason": each.reason,
        }
        for each in listed
    ]
    shell.show(listed, table(rows, empty=f"No model is in use yet. Next: garrison use {chosen.name} RUN"))


def retrain(
    context: typer.Context,
    project: str,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the jobs.")] = False,
) -> None:
    """Freeze the next dataset version, train on it as before, evaluate, and use the new run if it is not worse."""
    from core.services.monitoring.retraining import Params, Result

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    job = shell.run(Params(), project_id=chosen.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    _follow(shell, chosen, Result.of(job).replace_job_id)


def _follow(shell: Shell, project: Project, replace_job_id: str) -> None:
    """Follow the jobs of a retraining to its end, and print what came of it."""
    from core.records import Job
    from core.services.monitoring.retraining import Result, last_retraining
    from core.services.monitoring.words import outcome_words

    last = last_retraining(shell.workspace, project)
    told = Result.of(last.job) if last else None
    for job_id in (told.train_job_id, told.evaluate_job_id, replace_job_id) if told else ():
        shell.follow(get(shell.workspace.db, Job, job_id))
    last = last_retraining(shell.workspace, project)
    if last is None or last.outcome is None:
        raise JobFailed("The retraining did not come to its end.", "Look at its jobs, and resume them.")
    words = outcome_words(shell.workspace, project, last)
    shell.show({**last.outcome.as_json(), "run": plain(last.run), "words": words}, words)
