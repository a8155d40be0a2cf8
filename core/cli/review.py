"""`garrison review PROJECT …`: spans and the decisions on them. The commands for approval are in `approval`."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from core.cli.privacy import again_words
from core.cli.record_json import json_fields
from core.cli.shell import Shell, shell_of, table
from core.errors import InputError
from core.identity import declared
from core.records import Document, Project, Span, SpanState
from core.storage import find
from core.words import counted

if TYPE_CHECKING:
    from core.services.review import Decision


class ProjectCommands(TyperGroup):
    """Commands that follow a project's name. Their help needs no project, or accepts one that does not exist."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help of the named command, even if it is given in place of the project."""
        named = [name for name in args[:2] if name in self.commands]
        if "--help" in args and named:
            self.commands[named[-1]].make_context(named[-1], ["--help"], parent=ctx)
        return super().parse_args(ctx, args)


app = typer.Typer(cls=ProjectCommands, invoke_without_command=True)
As = Annotated[str, typer.Option("--as", help="Your name; it is kept with what you decide.")]
Named = Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id or name.")]
Undecided = Annotated[bool, typer.Option("--all", help="Every span nobody decided on.")]
Spans = Annotated[list[str] | None, typer.Argument(help="Span ids.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The project under review, and the shell to answer with."""

    shell: Shell
    project: Project

    def document(self, name: str) -> Document:
        """Return the project's document with this name or id."""
        return self.shell.workspace.document(self.project, name)


@app.callback()
def review(context: typer.Context, project: str) -> None:
    """Review the personal data found: decide on it, read the sample, propose, approve.

    Spans without a decision are masked. Approving a document freezes its anonymized text. Without a command: list.
    """
    shell = shell_of(context)
    context.obj = Room(shell=shell, project=shell.workspace.project(project))
    if context.invoked_subcommand is None:
        list_spans(context)


def room_of(context: typer.Context) -> Room:
    """Return the room of this invocation."""
    room: Room = context.obj
    return room


@app.command("list")
def list_spans(
    context: typer.Context, documents: Annotated[list[str] | None, typer.Argument(help="Their ids or names.")] = None
) -> None:
    """List the documents with their state; for named ones, list every span."""
    from core.services import review

    room = room_of(context)
    shell, project = room.shell, room.project
    chosen = [room.document(name) for name in documents or []]
    states = review.states_of(shell.workspace, project.id)
    payload: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    shown_documents = chosen or find(shell.workspace.db, Document, project_id=project.id, state="read")
    for document in shown_documents:
        spans = find(shell.workspace.db, Span, document_id=document.id, order="start")
        text = shell.workspace.text(document)
        standing = shell.workspace.active_review(document.id)
        proposal = shell.workspace.standing_proposal(document.id)
        entry = {
            "id": document.id,
            "name": document.name,
            "state": states[document.id] if document.is_analyzed else "not searched",
            "reviewer": standing.reviewer if standing else "",
        }
        shown = [json_fields(span) | {"value": text[span.start : span.end]} for span in spans]
        unread = asdict(standing.unread) if standing and standing.unread else None
        outdated = {"is_search_outdated": document.is_search_outdated}
        payload.append(
            entry | outdated | {"unread": unread, "proposer": proposal.proposer if proposal else "", "spans": shown}
        )
        state = {"state": "approved unread"} if unread else {}
        rows.append(entry | state | {"spans": len(spans), "decided": sum(span.state != "detected" for span in spans)})
    if chosen and not shell.is_json:
        names = ("id", "start", "end", "entity", "state", "value")
        rows = [{name: span[name] for name in names} for entry in payload for span in entry["spans"]]
    needs_two = review.needs_two(shell.workspace, project)
    shown_all = {"policy": project.policy, "needs_two_persons": needs_two, "documents": payload}
    lines = (table(rows, empty="Nothing to review yet."), again_words(project, shown_documents))
    shell.show(shown_all, "\n".join(filter(None, lines)))


@app.command()
def accept(context: typer.Context, spans: Spans = None, all_: Undecided = False, as_: As = "") -> None:
    """Accept spans as personal data: they are masked."""
    _decide(room_of(context), spans, state="accepted", is_all=all_, name=as_)


@app.command()
def reject(context: typer.Context, spans: Spans = None, all_: Undecided = False, as_: As = "") -> None:
    """Reject spans as not personal data: their text stays as it is."""
    _decide(room_of(context), spans, state="rejected", is_all=all_, name=as_)


def _decide(room: Room, spans: list[str] | None, *, state: SpanState, is_all: bool, name: str) -> None:
    from core.services import review

    workspace, person = room.shell.workspace, declared(name)
    action, decide = ("accept", review.accept) if state == "accepted" else ("reject", review.reject)
    if is_all:
        decision = review.decide_undecided(workspace, room.project, state=state, by=person)
    else:
        decision = decide(workspace, _known(room, spans), by=person)
    _show_decision(room.shell, decision, action=action)


@app.command()
def add(
    context: typer.Context,
    document: Named,
    start: Annotated[int, typer.Option(help="First character.")],
    end: Annotated[int, typer.Option(help="Behind the last character.")],
    entity: Annotated[str, typer.Option(help="The kind of personal data.")] = "PERSON",
    as_: As = "",
) -> None:
    """Add a span that was missed."""
    from core.services import review

    room = room_of(context)
    chosen = room.document(document)
    span = review.add(room.shell.workspace, chosen, start=start, end=end, entity=entity, by=declared(as_))
    room.shell.show(span, f"Added {span.id}.")


@app.command("type")
def change_type(
    context: typer.Context,
    spans: Spans = None,
    entity: Annotated[str, typer.Option(help="The kind of personal data.")] = "PERSON",
    as_: As = "",
) -> None:
    """Change the kind of personal data of spans."""
    from core.services import review

    room, person = room_of(context), declared(as_)
    decision = review.change_type(room.shell.workspace, _known(room, spans), entity=entity, by=person)
    _show_decision(room.shell, decision, action="type")


@app.command("borders")
def change_borders(
    context: typer.Context,
    span: Annotated[str, typer.Argument(help="Its id.")],
    start: Annotated[int, typer.Option(help="First character.")],
    end: Annotated[int, typer.Option(help="Behind the last character.")],
    as_: As = "",
) -> None:
    """Change where a span begins and ends."""
    from core.services import review

    room, person = room_of(context), declared(as_)
    decision = review.change_borders(room.shell.workspace, _known(room, [span])[0], start=start, end=end, by=person)
    _show_decision(room.shell, decision, action="borders")


def _known(room: Room, ids: list[str] | None) -> list[str]:
    """Check that these spans belong to the project, and return their ids.

    Raises:
        InputError: no span was named, or one is unknown.
    """
    db = room.shell.workspace.db
    documents = find(db, Document, project_id=room.project.id)
    spans = {span.id for document in documents for span in find(db, Span, document_id=document.id)}
    unknown = [span for span in ids or [] if span not in spans]
    name = room.project.name
    if unknown:
        raise InputError(f"There is no span {unknown[0]!r} in {name}.", f"See: garrison review {name} list DOCUMENT")
    if not ids:
        raise InputError("No span was named.", f"Name span ids: garrison review {name} list DOCUMENT")
    return ids


def _show_decision(shell: Shell, decision: "Decision", *, action: str) -> None:
    text = f"{counted(len(decision.before), 'span')} {decision.verb}."
    if decision.left_count:
        were = "was" if decision.left_count == 1 else "were"
        text += f" {counted(decision.left_count, 'span')} decided earlier {were} left as decided."
    if decision.withdrawn_ids:
        text += f" {counted(len(decision.withdrawn_ids), 'document')} lost the approval and must be approved again."
    if decision.dropped_ids:
        text += f" {counted(len(decision.dropped_ids), 'document')} must be proposed again."
    shell.show({action: [span.id for span in decision.before], "left": decision.left_count}, text)
