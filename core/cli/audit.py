"""`garrison audit …`."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.shell import Shell, report_error, shell_of, table
from core.errors import SetupError
from core.records import AuditEntry, Project
from core.storage import find
from core.storage.audit import entries
from core.storage.audit_check import AuditVerdict, verify
from core.storage.audit_table import pairs, write_csv
from core.words import counted

app = typer.Typer(no_args_is_help=True)
About = Annotated[str, typer.Option("--about", help="Only what names this project, id, person or action.")]


@app.command()
def show(
    context: typer.Context,
    about: About = "",
    last: Annotated[int, typer.Option(min=0, help="Only so many of the newest entries; 0 for all.")] = 50,
) -> None:
    """Show who did what: the most recent entries, newest last."""
    shell = shell_of(context)
    chosen = [entry for entry, _ in entries(shell.workspace.db, about=_id_of(shell, about), last=last)]
    shell.show(chosen, table([_row(entry) for entry in chosen], empty="No entry names that."))


@app.command("verify")
def verify_log(
    context: typer.Context,
    noted: Annotated[str, typer.Option("--noted", help="NUMBER:SHA256 noted at an earlier check.")] = "",
) -> None:
    """Check that no entry was changed, moved, removed or cut off.

    Keep the head that is printed somewhere off this machine: with --noted, a later check detects even a rewritten log.
    """
    shell = shell_of(context)
    verdict = verify(shell.workspace.db, noted=noted)
    payload = {
        "is_whole": verdict.is_whole, "count": verdict.count, "head": verdict.head, "findings": verdict.findings,
        "finding_count": verdict.finding_count,
    }  # fmt: skip
    shell.show(payload, _words(verdict))
    if not verdict.is_whole:
        error = SetupError("The audit log is not whole.", "Keep the workspace as it is and tell who is responsible for it.")
        raise typer.Exit(report_error(error, is_json=False))  # stdout already has the verdict as its only document


@app.command()
def export(
    context: typer.Context,
    csv: Annotated[Path, typer.Option("--csv", help="The file to write.")],
    about: About = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the entries as CSV; the last column contains each entry as it was hashed."""
    shell = shell_of(context)
    count = write_csv(shell.workspace.db, csv, about=_id_of(shell, about), is_forced=force)
    shell.show({"entries": count, "path": csv}, f"{counted(count, 'entry', 'entries')} written to {csv}")


def _id_of(shell: Shell, about: str) -> str:
    """Return the id of the project called `about`, or `about` itself if there is none."""
    projects = find(shell.workspace.db, Project, name=about) if about else []
    return projects[0].id if projects else about


def _row(entry: AuditEntry) -> dict[str, object]:
    who = entry.actor if entry.actor == entry.account else f"{entry.actor} (account {entry.account})"
    return {
        "number": entry.sequence, "time": entry.created_at[:19], "who": who, "action": entry.action,
        "about": pairs(entry.subjects), "counts": pairs(entry.counts),
    }  # fmt: skip


def _words(verdict: AuditVerdict) -> str:
    if verdict.is_whole:
        return f"The audit log is whole: {counted(verdict.count, 'entry', 'entries')}.\nHead: {verdict.head}"
    unsaid = verdict.finding_count - len(verdict.findings)
    return "\n".join([*verdict.findings, *([f"And {unsaid} more."] if unsaid else [])])
