"""A project's rules of review: who counts as known, whether two people are needed, how large the sample is."""

from core.errors import InputError
from core.records import Document, Person, Project, TwoPersonRule
from core.storage import Permitted, Workspace, audit, find, get, rights, transaction, update

MAX_SAMPLE = 1000
REASON = "More passages are to be read before an approval."


def note_person(permitted: Permitted, project_id: str, person: Person) -> None:
    """Record that somebody acted in a project; call it inside the transaction that stores what they did.

    A person without an id is not recorded: it is the program itself, which approves its sample documents.
    """
    if person.id:
        permitted.db.execute(
            "insert or ignore into review_people (project_id, person_id, name) values (?, ?, ?)",
            [project_id, person.id, person.name],
        )


def people_known(workspace: Workspace, project: Project) -> set[str]:
    """Return the ids of those who decided, proposed or approved in a project."""
    rights.check(workspace.db, "see project", project.id)
    rows = workspace.db.execute("select person_id from review_people where project_id = ?", [project.id])
    return {row["person_id"] for row in rows}


def needs_two(workspace: Workspace, project: Project, *, by: Person | None = None) -> bool:
    """Return whether people may not approve here what they proposed; `by` counts as known, being about to act."""
    rule = get(workspace.db, Project, project.id).two_person
    known = people_known(workspace, project) | ({by.id} if by and by.id else set())
    return rule == "on" or (rule == "auto" and len(known) > 1)


def set_two_person(workspace: Workspace, project: Project, rule: TwoPersonRule, *, by: Person) -> None:
    """Set the two-person rule of a project.

    Raises:
        InputError: the rule is unknown.
    """
    permitted = workspace.allowed("set rules", project.id, by=by)
    if rule not in ("auto", "on", "off"):
        raise InputError(f"There is no two-person rule {rule!r}.", "It is auto, on or off.")
    with transaction(permitted.db):
        before = get(permitted.db, Project, project.id).two_person
        if before == rule:
            return
        update(permitted.db, Project, project.id, two_person=rule)
        note_person(permitted, project.id, by)
        subjects = {"project": project.id, "from": before, "to": rule}
        audit.append(permitted.db, "two-person rule changed", actor=by.name, subjects=subjects)


def set_sample_size(workspace: Workspace, project: Project, size: int, *, by: Person) -> None:
    """Set how many passages without a span are read before a document is proposed; 0 asks for none.

    With the policy each-document, proposals for which fewer were read are withdrawn if the size grows; approvals stand, with
    the figures that they have.

    Raises:
        InputError: the size is out of range.
    """
    permitted = workspace.allowed("set rules", project.id, by=by)
    if not 0 <= size <= MAX_SAMPLE:
        raise InputError(f"A sample of {size} passages is out of range.", f"Choose 0 to {MAX_SAMPLE}.")
    with transaction(permitted.db):
        before = get(permitted.db, Project, project.id).sample_size
        if before == size:
            return
        update(permitted.db, Project, project.id, sample_size=size)
        note_person(permitted, project.id, by)
        counts = {"from": before, "to": size}
        audit.append(permitted.db, "sample size changed", actor=by.name, subjects={"project": project.id}, counts=counts)
        if size > before and project.policy == "each-document":
            for document in find(permitted.db, Document, project_id=project.id):
                proposed = permitted.standing_proposal(document.id)
                if proposed is not None and proposed.sampled < size:
                    permitted.withdraw_approval(document.id, reason=REASON, actor=by.name)
