"""The highest classification marking that a project permits its documents, and the documents marked above it."""

from core.errors import InputError
from core.privacy.classification.markings import LEVEL_WORDS, LEVELS, NONE, Marking, find_marking
from core.records import Document, MarkingLevel, Person, Project
from core.storage import Workspace, audit, find, get, rights, transaction, update

REASON = "The project's highest permitted marking was lowered below that of this document."


def is_permitted(project: Project, level: int) -> bool:
    """Return whether a project may hold documents of this level, 0 to 4."""
    return level <= LEVELS.index(project.highest_marking)


def refusal(project: Project, marking: Marking) -> str:
    """Return a sentence saying why a document with this marking is refused; "" if it is permitted."""
    if is_permitted(project, marking.level):
        return ""
    permitted = LEVEL_WORDS[project.highest_marking]
    return f"Refused: marked {marking.word}; this project permits up to {permitted}. Nothing of its text was kept here."


def documents_above(workspace: Workspace, project: Project, *, level: MarkingLevel | None = None) -> list[Document]:
    """Return the project's readable documents marked above `level`, by default above what the project permits."""
    limit = LEVELS.index(level or project.highest_marking)
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    return [document for document in documents if known_marking(workspace, document).level > limit]


def known_marking(workspace: Workspace, document: Document) -> Marking:
    """Return a stored document's marking, detecting and storing it now if the document predates marking detection."""
    rights.check(workspace.db, "see project", document.project_id)
    if document.marking_level is None and document.state == "read":
        marking = find_marking(workspace.text(document), workspace.pages(document))
        update(workspace.db, Document, document.id, marking=marking.stored_text, marking_level=marking.level)
        return marking
    if document.marking_level is None or document.marking is None:
        return NONE
    return Marking(document.marking_level, document.marking)


def check_permitted(workspace: Workspace, document: Document) -> None:
    """Refuse to continue with a document marked above what its project currently permits.

    Raises:
        InputError: the document is marked too high.
    """
    project = get(workspace.db, Project, document.project_id)
    marking = known_marking(workspace, document)
    if not is_permitted(project, marking.level):
        raise InputError(
            f"Document {document.id} is marked {marking.word}; this project permits up to "
            f"{LEVEL_WORDS[project.highest_marking]}.",
            "Remove it, or let somebody who may decide that raise the project's highest marking.",
        )


def set_highest_marking(workspace: Workspace, project: Project, level: MarkingLevel, *, actor: Person) -> list[Document]:
    """Set, in the actor's name, what a project permits; return the documents above it, whose approvals are withdrawn."""
    rights.check(workspace.db, "set rules", project.id, by=actor)
    with transaction(workspace.db):
        before = get(workspace.db, Project, project.id)
        update(workspace.db, Project, project.id, highest_marking=level)
        too_high = documents_above(workspace, project, level=level)
        counts = {"level": LEVELS.index(level), "before": LEVELS.index(before.highest_marking), "above": len(too_high)}
        audit.append(workspace.db, "highest marking set", actor=actor.name, subjects={"project": project.id}, counts=counts)
        for document in too_high:
            workspace.withdraw_approval(document.id, reason=REASON, actor=actor.name)
    return too_high


def default_marking(workspace: Workspace) -> MarkingLevel:
    """Return the highest marking that a new project permits by default."""
    row = workspace.db.execute("select highest_marking from marking_default").fetchone()
    level: MarkingLevel = row["highest_marking"] if row else "unclassified"
    return level


def set_default_marking(workspace: Workspace, level: MarkingLevel, *, actor: Person) -> None:
    """Set, in the actor's name, what new projects of this workspace permit; existing projects stay as they are."""
    rights.check(workspace.db, "set rules", by=actor)
    with transaction(workspace.db):
        workspace.db.execute("delete from marking_default")
        workspace.db.execute("insert into marking_default values (?)", [level])
        counts = {"level": LEVELS.index(level)}
        audit.append(workspace.db, "highest marking set", actor=actor.name, subjects={}, counts=counts)
