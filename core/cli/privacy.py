"""`garrison detect` and `anonymize`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from core.cli.shell import ByteLine, shell_of
from core.errors import InputError
from core.records import Document, Project
from core.settings import DetectionSettings
from core.storage import find
from core.words import counted

Level = Annotated[str, typer.Option(help="standard: one model and rules; thorough: a second model votes along.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(detect)
    app.command()(anonymize)


def detect(
    context: typer.Context,
    input: Path,
    output: Path,
    level: Level = "thorough",
    project: Annotated[str, typer.Option(help="Use this project's lists too; those for all projects always hold.")] = "",
) -> None:
    """Find personal data in INPUT.jsonl ({"id","text"} per line) and write spans to OUTPUT.jsonl."""
    from core.privacy import detect_file
    from core.services.privacy.anonymization import open_detector

    shell = shell_of(context)
    if not input.is_file():
        raise InputError(f"There is no file {input}.", "Check the path.")
    settings = DetectionSettings.from_values({"level": level})
    project_id = shell.workspace.project(project).id if project else ""
    line = ByteLine()
    try:
        detector = open_detector(shell.workspace, settings, project_id=project_id)
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
    again: Annotated[bool, typer.Option("--again", help="Also what an earlier version of the search looked at.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Find personal data in every document that has not been searched yet."""
    from core.services.privacy import anonymization

    params = anonymization.Params.from_values({"level": level, "again": again})
    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    job = shell.run(params, project_id=chosen.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    result = anonymization.Result.of(job)
    searched = counted(result.documents, "document") if result.documents else "No new document"
    text = f"{searched} searched; the project holds {counted(result.spans, 'piece')} of personal data."
    told = again_words(chosen, find(shell.workspace.db, Document, project_id=chosen.id))
    shell.show(job.result, f"{text} {told or f'Next: garrison review {chosen.name} list'}")


def again_words(project: Project, documents: Iterable[Document]) -> str:
    """Say how many documents were searched by an earlier version, and what to run; "" if there are none."""
    outdated = sum(document.is_search_outdated for document in documents)
    if not outdated:
        return ""
    was = "was" if outdated == 1 else "were"
    return (
        f"{counted(outdated, 'document')} {was} searched by an earlier version of Garrison, which found less. "
        f"Search again: garrison anonymize {project.name} --again"
    )
