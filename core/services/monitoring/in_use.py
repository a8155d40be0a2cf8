"""The model in use: the run that a project's people use, who said so, and the one before it."""

from core.errors import Hint, InputError
from core.records import ModelInUse, Person, Project, Run, WayIntoUse, new_id, now
from core.services.monitoring.succession import beside
from core.services.training.lineage import check_belongs
from core.storage import Permitted, Workspace, audit, find, get, insert, rights, transaction

LONGEST_REASON = 500  # characters


def history_of(workspace: Workspace, project: Project) -> list[ModelInUse]:
    """Return what was in use in a project, the newest first.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    return find(workspace.db, ModelInUse, project_id=project.id, order="number desc")


def model_in_use(workspace: Workspace, project: Project) -> ModelInUse | None:
    """Return what is in use in a project; None if nobody has said so yet.

    Raises:
        AccessError: the acting person may not see the project.
    """
    return next(iter(history_of(workspace, project)), None)


def run_in_use(workspace: Workspace, project: Project) -> Run | None:
    """Return the run that is in use in a project; None if nobody has said so yet.

    Raises:
        AccessError: the acting person may not see the project.
    """
    used = model_in_use(workspace, project)
    return get(workspace.db, Run, used.run_id) if used else None


def run_before(workspace: Workspace, project: Project) -> Run | None:
    """Return the run that was in use before the present one, to go back to; None if there is none.

    Raises:
        AccessError: the acting person may not see the project.
    """
    held: list[str] = []  # the runs in use, each on top of the one that it replaced; going back takes the topmost off
    for each in reversed(history_of(workspace, project)):
        if each.way == "rolled back" and each.run_id in held:
            del held[held.index(each.run_id) + 1 :]
        else:
            held.append(each.run_id)
    return get(workspace.db, Run, held[-2]) if len(held) > 1 else None


def put_in_use(workspace: Workspace, project: Project, run_id: str, *, reason: str = "", by: Person) -> ModelInUse:
    """Let a project use a run from now on.

    A run that is not shown to be as good as the one in use (`core.evaluation.succession`) needs a reason.

    Raises:
        InputError: there is no such finished run in the project, it is in use already, or the reason is missing or too long.
        AccessError: the actor may not train here, or `by` is another person.
    """
    permitted = workspace.allowed("train", project.id, by=by)
    run = permitted.finished_run(run_id)
    check_belongs(run, project.id)
    words = " ".join(reason.split())
    if len(words) > LONGEST_REASON:
        raise InputError(f"A reason has at most {LONGEST_REASON} characters.", "Shorten it.")
    with transaction(permitted.db):
        current = model_in_use(permitted, project)
        if current and current.run_id == run.id:
            raise InputError(f"Run {run.number} is in use already.", "Choose another run.")
        if not words and needs_reason(permitted, project, run):
            raise InputError(
                f"Run {run.number} is not shown to be as good as the one in use.",
                Hint("Compare both on the same questions first, or say why it is to be used.", command="--reason TEXT"),
            )
        return store_use(permitted, project, run, way="by hand", reason=words, by=by)


def needs_reason(workspace: Workspace, project: Project, run: Run) -> bool:
    """Return whether a run is used only if a person says why: it is not shown to be no worse than the one in use.

    Raises:
        AccessError: the acting person may not see the project.
    """
    current = model_in_use(workspace, project)
    if current is None:
        return False
    compared = beside(workspace, project, before=get(workspace.db, Run, current.run_id), after=run)
    return compared is None or compared.ruling != "not worse"


def go_back(workspace: Workspace, project: Project, *, by: Person) -> ModelInUse:
    """Use the run again that was in use before the present one.

    Raises:
        InputError: there is none.
        AccessError: the actor may not train here, or `by` is another person.
    """
    permitted = workspace.allowed("train", project.id, by=by)
    with transaction(permitted.db):
        before = run_before(permitted, project)
        if before is None:
            raise InputError("No other run was in use before this one.", "Choose a run to use instead.")
        return store_use(permitted, project, before, way="rolled back", by=by)


def store_use(
    permitted: Permitted, project: Project, run: Run, *, way: WayIntoUse, reason: str = "", by: Person | None = None
) -> ModelInUse:
    """Store that a run is in use from now on; call it inside a transaction. Without `by` it is whoever started the job."""
    action = audit.append(
        permitted.db,
        "model in use rolled back" if way == "rolled back" else "model in use set",
        actor=by.name if by else None,
        subjects={"project": project.id, "run": run.id},
        hashes={"adapter": run.adapter_sha256},
        counts={"automatic": int(way == "automatic"), "with a reason": int(bool(reason))},
    )
    current = model_in_use(permitted, project)
    used = ModelInUse(
        id=new_id("use"),
        project_id=project.id,
        number=1 + (current.number if current else 0),
        run_id=run.id,
        way=way,
        reason=reason,
        set_by=action.actor,
        created_at=now(),
    )
    insert(permitted.db, used)
    return used
