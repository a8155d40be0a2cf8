"""How much of what review removed a run may give away at most, to be exported from its project."""

from core.errors import Hint, InputError
from core.records import Person, Project, Run
from core.services.training.leaks.job import read_leak_test
from core.storage import Workspace, audit, get, transaction, update
from core.words import share_words

LEAST, MOST = 0.001, 1.0


def set_leak_limit(workspace: Workspace, project: Project, limit: float | None, *, actor: Person) -> None:
    """Set the share of removed values, .001 to 1, below which a leak test must bound a run for export; None for no limit.

    Raises:
        InputError: the share is out of range.
        AccessError: the acting person may not set rules.
    """
    permitted = workspace.allowed("set rules", project.id, by=actor)
    if limit is not None and not LEAST <= limit <= MOST:
        raise InputError(f"A share of {limit:g} is out of range.", f"Choose {LEAST:g} to {MOST:g}; 0.05 is 5 %.")
    with transaction(permitted.db):
        before = get(permitted.db, Project, project.id).leak_limit
        if before == limit:
            return
        update(permitted.db, Project, project.id, leak_limit=limit)
        audit.append(
            permitted.db,
            "leak limit changed",
            actor=actor.name,
            subjects={"project": project.id},
            counts={
                name: round(1000 * share) for name, share in (("from permille", before), ("to permille", limit)) if share
            },
        )


def check_leak_limit(workspace: Workspace, run: Run) -> None:
    """Refuse to export a run of which the project's limit is not shown to be kept.

    Raises:
        InputError: it was not tested, could not be tested in full, or may give away more than that.
    """
    project = get(workspace.db, Project, run.project_id)
    if project.leak_limit is None:
        return
    limit = share_words(project.leak_limit)
    permitted = f"{project.name} exports only runs that give away fewer than {limit} of what review removed"
    test = read_leak_test(workspace, run)
    if test is None:
        raise InputError(
            f"Run {run.number} was not tested for leaks, and {permitted}.",
            Hint("Test it on the page Evaluate.", command=f"garrison leaks {project.name} {run.id}"),
        )
    if test.documents_left_out or test.extraction is None:
        raise InputError(
            f"Run {run.number} could not be tested in full: approvals behind it do not stand any more, and {permitted}.",
            "Approve those documents again, then train and test again.",
        )
    if test.bound is not None and test.bound > project.leak_limit:
        found = test.extraction
        raise InputError(
            f"Run {run.number} gave away {found.learned} of {found.tested} values, so up to {share_words(test.bound)} with "
            f"95 % confidence, and {permitted}.",
            Hint(
                "Review the passages that its test names and train again; if none was given away, test more values.",
                command=f"garrison leaks {project.name} {run.id} --values {max(found.values, 1)}",
            ),
        )
