"""`garrison jobs …`."""

from typing import Annotated

import typer

from core import jobs
from core.cli.shell import hint_of, shell_of, table, time_left
from core.records import Job
from core.storage import get

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_jobs(context: typer.Context) -> None:
    """List jobs, newest first."""
    shell = shell_of(context)
    listed = jobs.list_jobs(shell.workspace)
    rows = [
        {
            "id": job.id,
            "kind": job.kind,
            "state": job.state,
            "progress": f"{job.done / job.total:.0%}" if job.total else "",
            "created": job.created_at[:19],
        }
        for job in listed
    ]
    shell.show(listed, table(rows, empty="No jobs yet."))


@app.command()
def show(context: typer.Context, job_id: str) -> None:
    """Show a job with its last log lines."""
    shell = shell_of(context)
    jobs.advance(shell.workspace)
    job = get(shell.workspace.db, Job, job_id)
    lines = jobs.log_tail(shell.workspace, job_id)
    eta = jobs.eta_s(job)
    text = [f"{job.kind}: {job.state}", job.message, f"{job.error} {hint_of(job).sentence}".strip()]
    if eta is not None:
        text.append(time_left(eta))
    payload = {"job": job, "eta_s": eta, "log": lines}
    shell.show(payload, "\n".join([line for line in text if line] + lines))


@app.command()
def cancel(context: typer.Context, job_id: str) -> None:
    """Ask a job to stop; finished work is kept."""
    shell = shell_of(context)
    job = jobs.cancel(shell.workspace, job_id)
    shell.show(job, f"Job {job.id} is {'cancelled' if job.state == 'cancelled' else 'being cancelled'}.")


@app.command()
def resume(
    context: typer.Context,
    job_id: str,
    detach: Annotated[bool, typer.Option("--detach", help="Only start it.")] = False,
) -> None:
    """Resume a failed or canceled job from its last checkpoint or row."""
    shell = shell_of(context)
    job = jobs.resume(shell.workspace, job_id)
    job = job if detach else shell.follow(job)
    shell.show(job, f"Job {job.id} is {job.state}.")
