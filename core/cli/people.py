"""`garrison people …`: who signed in, and what they may do. For administrators, who can access the files anyway."""

from typing import Annotated

import typer

from core.cli.shell import Shell, plain, shell_of, table
from core.records import Project
from core.storage import people
from core.storage.people import Member

app = typer.Typer(no_args_is_help=True)
InProject = Annotated[str, typer.Option("--project", help="In this project; without it, on this machine.")]
Whom = Annotated[str, typer.Argument(help="Id or mail address, as `garrison people list` shows them.")]
RoleName = Annotated[str, typer.Argument(help="administrator, owner, expert, reviewer, approver or auditor.")]


@app.command("list")
def list_people(context: typer.Context) -> None:
    """List everyone who has signed in here, with their roles on this machine."""
    shell = shell_of(context)
    everybody = people.list_people(shell.workspace)
    shell.show(_payload(everybody), table(_rows(everybody), empty="Nobody has signed in here yet."))


@app.command()
def members(context: typer.Context, project: str) -> None:
    """List the members of a project, with their roles in it."""
    shell = shell_of(context)
    held = people.members(shell.workspace, shell.workspace.project(project))
    shell.show(_payload(held), table(_rows(held), empty="Nobody belongs to this project yet."))


@app.command()
def grant(context: typer.Context, person: Whom, role: RoleName, project: InProject = "") -> None:
    """Grant a role, on this machine or in a project. It takes effect at once."""
    shell = shell_of(context)
    member = people.person(shell.workspace, person)
    people.grant(shell.workspace, member.id, role, project=_project(shell, project))
    shell.show(
        {"person": member.id, "role": role, "project": project}, f"{member.name} ({member.id}) is {role} {_where(project)}."
    )


@app.command()
def revoke(context: typer.Context, person: Whom, role: RoleName, project: InProject = "") -> None:
    """Revoke a role. It takes effect at once."""
    shell = shell_of(context)
    member = people.person(shell.workspace, person)
    people.revoke(shell.workspace, member.id, role, project=_project(shell, project))
    words = f"{member.name} ({member.id}) is no {role} {_where(project)} any more."
    shell.show({"person": member.id, "role": role, "project": project}, words)


@app.command("sign-out")
def sign_out(context: typer.Context, person: Whom) -> None:
    """Sign a person out of every browser."""
    shell = shell_of(context)
    member = people.person(shell.workspace, person)
    ended = people.end_sign_ins(shell.workspace, member.id)
    shell.show({"person": member.id, "ended": ended}, f"{member.name} is signed out ({ended}).")


def _project(shell: Shell, name: str) -> Project | None:
    return shell.workspace.project(name) if name else None


def _where(project: str) -> str:
    return f"in {project}" if project else "on this machine"


def _payload(members: list[Member]) -> list[dict[str, object]]:
    return [
        {
            **plain(member.person),
            "mail": member.mail,
            "last_seen_at": member.last_seen_at,
            "granted": sorted(member.granted),
            "claimed": sorted(member.claimed),
        }
        for member in members
    ]


def _rows(members: list[Member]) -> list[dict[str, object]]:
    return [
        {
            "id": member.person.id,
            "name": member.person.name,
            "mail": member.mail,
            "roles": ", ".join(sorted(member.granted)) or "none",
            "by the provider": ", ".join(sorted(member.claimed)),
            "last seen": member.last_seen_at[:16],
        }
        for member in members
    ]
