"""`garrison project …`."""

from typing import Annotated, Any

import typer

from core.cli.shell import shell_of, table
from core.errors import InputError
from core.records import Job, Project
from core.services.steps import next_step, project_steps
from core.storage import Workspace, find
from core.storage.removal import remove_project
from core.words import share_words

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    context: typer.Context,
    name: str,
    policy: Annotated[
        str,
        typer.Option(
            help="each-document: a reviewer approves every document; all-at-once: may approve all in one go, and what "
            "nobody looked at in words that name it."
        ),
    ] = "each-document",
    highest_marking: Annotated[
        str, typer.Option(help="Documents marked above this are refused: a level, or a marking such as OFFICIAL-SENSITIVE.")
    ] = "",
) -> None:
    """Create a project."""
    from core.privacy.classification.markings import level_of

    shell = shell_of(context)
    level = level_of(highest_marking) if highest_marking else ""
    project = shell.workspace.create_project(name, policy=policy, highest_marking=level)
    shell.show(project, f"Project {project.name} is there. Next: garrison documents add {project.name} PATH…")


@app.command("list")
def list_projects(context: typer.Context) -> None:
    """List the projects."""
    shell = shell_of(context)
    projects = find(shell.workspace.db, Project, order="created_at")
    rows = [{"name": project.name, "policy": project.policy, "created": project.created_at[:10]} for project in projects]
    shell.show(projects, table(rows, empty="No projects yet. Next: garrison project create NAME"))


@app.command()
def show(context: typer.Context, name: str) -> None:
    """Show the state of a project and the next step."""
    shell = shell_of(context)
    project = shell.workspace.project(name)
    payload = describe(shell.workspace, project)
    rows = [{"step": step["title"], "state": step["state"], "summary": step["summary"]} for step in payload["steps"]]
    text = table(rows, empty="")
    text += f"\n\nDocuments are permitted up to the marking: {payload['highest_marking']}"
    if payload["next"]:
        text += f"\n\nNext: {payload['next']}"
    shell.show(payload, text)


def describe(workspace: Workspace, project: Project) -> dict[str, Any]:
    """Return a project with its six steps, as JSON types."""
    steps = project_steps(workspace, project)
    step = next_step(steps)
    return {
        "id": project.id,
        "name": project.name,
        "policy": project.policy,
        "highest_marking": project.highest_marking,
        "good_enough": project.good_enough,
        "leak_limit": project.leak_limit,
        "chats": chats_json(project),
        "created_at": project.created_at,
        "steps": [
            {"name": s.name, "title": s.title, "state": s.state, "summary": s.summary, "next": s.next_action} for s in steps
        ],
        "next": step.next_action if step else "",
    }


@app.command()
def marking(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The project; with --default, left out.")] = "",
    level: Annotated[str, typer.Argument(help="A level, or a marking such as OFFICIAL-SENSITIVE.")] = "",
    as_: Annotated[str, typer.Option("--as", help="Who decides this.")] = "",
    is_default: Annotated[bool, typer.Option("--default", help="For new projects instead of one.")] = False,
) -> None:
    """Set the highest classification marking that a project's documents may have."""
    from core.identity import declared
    from core.privacy.classification.markings import LEVEL_WORDS, level_of
    from core.services.privacy.highest_marking import set_default_marking, set_highest_marking

    shell = shell_of(context)
    chosen = level_of(name if is_default else level)
    person = declared(as_)
    if is_default:
        set_default_marking(shell.workspace, chosen, actor=person)
        shell.show({"default": chosen}, f"New projects permit documents marked up to {LEVEL_WORDS[chosen]}.")
        return
    project = shell.workspace.project(name)
    above = set_highest_marking(shell.workspace, project, chosen, actor=person)
    text = f"{project.name} permits documents marked up to {LEVEL_WORDS[chosen]}."
    if above:
        text += f" Marked above it and not to be approved: {', '.join(document.id for document in above)}"
    shell.show({"highest_marking": chosen, "above": [document.id for document in above]}, text)


@app.command("good-enough")
def good_enough(
    context: typer.Context,
    name: str,
    share: Annotated[float, typer.Argument(help="Share of right answers, such as 0.6.")],
    as_: Annotated[str, typer.Option("--as", help="Who decides this.")] = "",
) -> None:
    """Set how many answers of a model must be right before it is called good enough to use."""
    from core.identity import declared
    from core.services.training.good_enough import set_good_enough

    shell = shell_of(context)
    project = shell.workspace.project(name)
    set_good_enough(shell.workspace, project, share, actor=declared(as_))
    text = f"A model of {project.name} is good enough to use when {share:.0%} of its answers are right."
    shell.show({"good_enough": share}, text)


@app.command()
def chats(
    context: typer.Context,
    name: str,
    kept: Annotated[
        str, typer.Argument(help="until-deleted, not-kept, or the days after the last message, such as 30.")
    ] = "",
    mask: Annotated[
        bool | None, typer.Option("--mask/--no-mask", help="Replace personal data by labels before anything is stored.")
    ] = None,
    as_: Annotated[str, typer.Option("--as", help="Who decides this.")] = "",
) -> None:
    """Show or set how long a project keeps what is said, in chats, feedback and series; delete what is due."""
    from core.identity import declared
    from core.services.chat.keeping.policy import counted_chats, kept_words, set_retention
    from core.storage.chat_retention import clean

    shell = shell_of(context)
    project = shell.workspace.project(name)
    before = project.retention
    days = int(kept) if kept.isdecimal() else None if kept else before.days
    if not kept and mask is None:
        deleted = clean(shell.workspace)
    else:
        chosen = "days" if days is not None else kept or before.kept
        is_masked = before.is_masked if mask is None else mask
        person = declared(as_)
        deleted = set_retention(shell.workspace, project, chosen, days=days, is_masked=is_masked, actor=person)
    project = shell.workspace.project(name)
    text = f"Chats of {project.name}: {kept_words(project.retention)}."
    shell.show(chats_json(project) | {"deleted": deleted}, f"{text} {counted_chats(deleted)} deleted." if deleted else text)


def chats_json(project: Project) -> dict[str, Any]:
    """Return how long a project keeps chats, and in what form, as JSON types."""
    return {"kept": project.retention.kept, "days": project.retention.days, "masked_since": project.retention.masked_since}


@app.command("leak-limit")
def leak_limit(
    context: typer.Context,
    name: str,
    share: Annotated[float, typer.Argument(help="Share of removed values, such as 0.05; 0 takes the limit off.")],
    as_: Annotated[str, typer.Option("--as", help="Who decides this.")] = "",
) -> None:
    """Set how much of what review removed a run may give away, by its leak test, to be exported."""
    from core.identity import declared
    from core.services.training.leaks.limit import set_leak_limit

    shell = shell_of(context)
    project = shell.workspace.project(name)
    limit = share or None
    set_leak_limit(shell.workspace, project, limit, actor=declared(as_))
    text = f"{project.name} exports only runs that give away fewer than {share_words(share)} of what review removed."
    shell.show({"leak_limit": limit}, text if limit else f"{project.name} exports runs whatever their leak test says.")


@app.command("delete")
def delete_project(
    context: typer.Context,
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a project with its documents, pairs and runs."""
    shell = shell_of(context)
    project = shell.workspace.project(name)
    for state in ("queued", "running"):
        for job in find(shell.workspace.db, Job, project_id=project.id, state=state):
            raise InputError(f"Job {job.id} of this project is {state}.", f"Cancel it first: garrison jobs cancel {job.id}")
    if not yes and shell.is_json:
        raise InputError(f"Deleting {project.name} was not confirmed.", "With --json, nobody is asked: add --yes.")
    if not yes and not typer.confirm(f"Delete {project.name} with all its documents and runs?"):
        raise typer.Abort
    remove_project(shell.workspace, project)
    shell.show({"deleted": project.name}, f"Project {project.name} is deleted.")
