"""Documents with a marking above what their project permits: listed with the reason, without keeping their content."""

from pathlib import Path

from core.files import sha256_file
from core.privacy.classification.markings import LEVELS, Marking
from core.records import Document, Project, new_id, now
from core.services.privacy.highest_marking import is_permitted, refusal
from core.storage import Workspace, audit, delete, find, insert, rights, transaction


def refused(
    workspace: Workspace, project: Project, marking: Marking, *, path: Path, name: str, kind: str
) -> Document | None:
    """Return None if the project permits `marking`, else the refused file's entry, which is stored only once."""
    rights.check(workspace.db, "add documents", project.id)
    if is_permitted(project, marking.level):
        return None
    document = Document(
        id=new_id("document"),
        project_id=project.id,
        name=name,
        kind=kind,
        size_bytes=path.stat().st_size,
        sha256=sha256_file(path),
        text_sha256=None,
        state="unreadable",
        problem=refusal(project, marking),
        marking=marking.word,
        marking_level=marking.level,
        created_at=now(),
    )
    with transaction(workspace.db):
        same = {"project_id": project.id, "name": name, "sha256": document.sha256, "state": "unreadable"}
        stored = next(iter(find(workspace.db, Document, **same, problem=document.problem)), None)
        if stored is None:
            forget_refusals(workspace, project, document.sha256)
            insert(workspace.db, document)
        chosen = stored or document
        audit.append(
            workspace.db,
            "document refused",
            subjects={"project": project.id, "document": chosen.id},
            counts={"level": marking.level, "permitted": LEVELS.index(project.highest_marking)},
        )
    return chosen


def forget_refusals(workspace: Workspace, project: Project, sha256: str) -> None:
    """Delete earlier refusals of the same file from the list; call it inside the transaction that stores its new state."""
    rights.check(workspace.db, "add documents", project.id)
    for document in find(workspace.db, Document, project_id=project.id, sha256=sha256, state="unreadable"):
        if document.is_classified:
            delete(workspace.db, Document, id=document.id)
