"""`garrison detect`, `anonymize` and `review`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.shell import ByteLine, Shell, shell_of, table
from core.errors import InputError
from core.records import Document, Project, Span, SpanState
from core.settings import DetectionSettings
from core.storage import find

if TYPE_CHECKING:
    from core.privacy.review import Decision

ACTIONS = ("list", "accept", "reject", "add", "approve")
Level = Annotated[str, typer.Option(help="standard: one model and rules; thorough: a second model votes along.")]
_STATES: dict[str, SpanState] = {"accept": "accepted", "reject": "rejected"}


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(detect)
    app.command()(anonymize)
    app.command()(review)


def detect(context: typer.Context, input: Path, output: Path, level: Level = "thorough") -> None:
    """Find personal data in INPUT.jsonl ({"id","text"} a line) and write spans to OUTPUT.jsonl."""
    from core.jobs.stages.anonymization import open_detector
    from core.privacy import detect_file

    shell = shell_of(context)
    if not input.is_file():
        raise InputError(f"There is no file {input}.", "Check the path.")
    settings = DetectionSettings.from_values({"level": level})
    line = ByteLine()
    try:
        detector = open_detector(shell.workspace, settings)
        rows = detect_file(
            detector, input, output_path=output, progress=lambda done, total: line.show("Searched", done, total)
        )
    finally:
        line.end()
    shell.show({"rows": rows, "output": output}, f"{rows} texts searched, spans written to {output}")


def anonymize(
    context: typer.Context,
    project: str,
    level: Level = "thorough",
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Find personal data in every document that was not searched yet."""
    settings = DetectionSettings.from_values({"level": level})
    shell = shell_of(context)
    found = shell.workspace.project(project)
    job = shell.run("anonymize", settings.model_dump(exclude_defaults=True), project_id=found.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    searched = _counted(job.result["documents"], "document") if job.result["documents"] else "No new document"
    text = f"{searched} searched; the project holds {_counted(job.result['spans'], 'piece')} of personal data."
    shell.show(job.result, f"{text} Next: garrison review {found.name} list")


def review(
    context: typer.Context,
    project: str,
    action: Annotated[str, typer.Argument(help="list, accept, reject, add or approve.")],
    items: Annotated[list[str] | None, typer.Argument(help="Span ids; for add and approve: document ids or names.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="accept, reject: every undecided span; approve: every document.")
    ] = False,
    as_: Annotated[str, typer.Option("--as", help="The reviewer's name.")] = "",
    start: Annotated[int, typer.Option(help="add: first character.")] = -1,
    end: Annotated[int, typer.Option(help="add: behind the last character.")] = -1,
    entity: Annotated[str, typer.Option(help="add: the kind of personal data.")] = "PERSON",
) -> None:
    """Review what was found: list, accept, reject, add, approve.

    Spans nobody decided on are masked. Approving a document freezes its anonymized text.
    """
    shell = shell_of(context)
    found = shell.workspace.project(project)
    if action not in ACTIONS:
        raise InputError(f"There is no action {action!r}.", f"Actions are: {', '.join(ACTIONS)}.")
    if action == "list":
        _list(shell, found, items or [])
    elif action in ("accept", "reject"):
        _decide(shell, found, action=action, items=items or [], is_all=all_, reviewer=as_)
    elif action == "add":
        _add(shell, found, items=items or [], reviewer=as_, place=(start, end, entity))
    else:
        _approve(shell, found, items=items or [], is_all=all_, reviewer=as_)


def _document(shell: Shell, project: Project, name: str) -> Document:
    documents = find(shell.workspace.db, Document, project_id=project.id)
    chosen = [d for d in documents if name in (d.id, d.name)]
    if not chosen:
        raise InputError(f"There is no document {name!r} in {project.name}.", f"See: garrison documents list {project.name}")
    if len(chosen) > 1:
        raise InputError(f"{len(chosen)} documents are called {name!r}.", "Use the id instead.")
    return chosen[0]


def _list(shell: Shell, project: Project, items: list[str]) -> None:
    documents = [_document(shell, project, item) for item in items] or find(
        shell.workspace.db, Document, project_id=project.id, state="read"
    )
    payload: list[dict[str, Any]] = []
    rows = []
    for document in documents:
        review = shell.workspace.active_review(document.id)
        spans = find(shell.workspace.db, Span, document_id=document.id, order="start")
        text = shell.workspace.text(document)
        state = "approved" if review else "in review" if document.is_analyzed else "not searched"
        entry = {"id": document.id, "name": document.name, "state": state, "reviewer": review.reviewer if review else ""}
        payload.append(entry | {"spans": [asdict(span) | {"value": text[span.start : span.end]} for span in spans]})
        decided = sum(span.state != "detected" for span in spans)
        rows.append(entry | {"spans": len(spans), "decided": decided})
    if items and not shell.is_json:
        rows = [
            {
                "id": s["id"],
                "start": s["start"],
                "end": s["end"],
                "entity": s["entity"],
                "state": s["state"],
                "value": s["value"],
            }
            for entry in payload
            for s in entry["spans"]
        ]
    shell.show({"policy": project.policy, "documents": payload}, table(rows, empty="Nothing to review yet."))


def _decide(shell: Shell, project: Project, *, action: str, items: list[str], is_all: bool, reviewer: str) -> None:
    from core.privacy import review

    if is_all:
        decision = review.decide_undecided(shell.workspace, project, state=_STATES[action], reviewer=reviewer)
        _show_decision(shell, decision, action=action)
        return
    documents = find(shell.workspace.db, Document, project_id=project.id)
    spans = {span.id for document in documents for span in find(shell.workspace.db, Span, document_id=document.id)}
    unknown = [item for item in items if item not in spans]
    if unknown:
        raise InputError(
            f"There is no span {unknown[0]!r} in {project.name}.", f"See: garrison review {project.name} list DOCUMENT"
        )
    if not items:
        raise InputError("No span was named.", "Name span ids, or use --all.")
    decide = review.accept if action == "accept" else review.reject
    _show_decision(shell, decide(shell.workspace, items, reviewer=reviewer), action=action)


def _show_decision(shell: Shell, decision: "Decision", *, action: str) -> None:
    text = f"{_counted(len(decision.before), 'mark')} {decision.state}."
    if decision.left_count:
        were = "was" if decision.left_count == 1 else "were"
        text += f" {_counted(decision.left_count, 'mark')} decided earlier {were} left as decided."
    if decision.withdrawn_ids:
        text += f" {_counted(len(decision.withdrawn_ids), 'document')} lost the approval and must be approved again."
    shell.show({action: [span.id for span in decision.before], "left": decision.left_count}, text)


def _counted(number: int, word: str) -> str:
    """`1 mark`, `1,204 marks`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _add(shell: Shell, project: Project, *, items: list[str], reviewer: str, place: tuple[int, int, str]) -> None:
    from core.privacy import review

    if len(items) != 1:
        raise InputError(
            "Adding a span needs one document.", "garrison review PROJECT add DOCUMENT --start N --end N --as NAME"
        )
    start, end, entity = place
    document = _document(shell, project, items[0])
    span = review.add(shell.workspace, document, start=start, end=end, entity=entity, reviewer=reviewer)
    shell.show(span, f"Added {span.id}.")


def _approve(shell: Shell, project: Project, *, items: list[str], is_all: bool, reviewer: str) -> None:
    from core.privacy import review

    if is_all:
        reviews = review.approve_all(shell.workspace, project, reviewer=reviewer)
    elif items:
        documents = [_document(shell, project, item) for item in items]
        reviews = [review.approve(shell.workspace, project, document, reviewer=reviewer) for document in documents]
    else:
        raise InputError("No document was named.", "Name document ids, or use --all.")
    shell.show(
        reviews,
        f"{_counted(len(reviews), 'document')} approved by {reviewer}. Next: garrison questions generate {project.name}",
    )
