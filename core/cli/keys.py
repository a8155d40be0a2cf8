"""`garrison key …`: the keys with which programs ask a service."""

from typing import Annotated

import typer

from core.cli.shell import shell_of, table
from core.services.deploy import keys
from core.storage import people

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="What will use it, such as “wiki” or “Ada's notebook”.")],
    person: Annotated[str, typer.Option(help="Whose it is: id or mail address; without, this account's.")] = "",
    project: Annotated[str, typer.Option(help="The project that it is for; a person's key needs one.")] = "",
) -> None:
    """Make a key. It is shown once and stored nowhere."""
    shell = shell_of(context)
    workspace = shell.workspace
    new = keys.add_key(
        workspace,
        name,
        person_id=people.person(workspace, person).id if person else None,
        project=workspace.project(project) if project else None,
    )
    payload = {"id": new.key.id, "name": new.key.name, "key": new.secret}
    shell.show(payload, f"{new.secret}\nThis is key {new.key.id}, “{new.key.name}”. It is not shown again.")


@app.command("list")
def list_keys(context: typer.Context) -> None:
    """List the keys, with when each was last used; never the keys themselves."""
    shell = shell_of(context)
    found = keys.list_keys(shell.workspace)
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "of": key.person or "this account",
            "project": key.project_id or "any",
            "made": key.created_at[:16],
            "last used": (key.last_used_at or "never")[:16],
            "state": "revoked" if key.revoked_at else "valid",
        }
        for key in found
    ]
    shell.show(rows, table(rows, empty="No key was made yet."))


@app.command()
def revoke(context: typer.Context, key: Annotated[str, typer.Argument(help="Id or name.")]) -> None:
    """Revoke a key. It takes effect at once, also for answers that are being written."""
    shell = shell_of(context)
    revoked = keys.revoke_key(shell.workspace, key)
    shell.show({"id": revoked.id, "name": revoked.name}, f"Key {revoked.id}, “{revoked.name}”, opens nothing any more.")
