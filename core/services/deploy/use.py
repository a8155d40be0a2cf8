"""What was used of services, by day: requests, tokens, errors. Numbers only."""

from dataclasses import asdict, dataclass

from core.deploy.meters import Use
from core.records import now
from core.storage import Permitted, Workspace, rights, transaction

_COLUMNS = ("requests", "refused", "failed", "tokens_in", "tokens_out", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfUse:
    """What was used of one model on one day (UTC)."""

    day: str  # such as 2026-12-01
    model: str  # what clients called it
    project_id: str | None
    use: Use


def note_use(permitted: Permitted, model: str, *, project_id: str | None, use: Use, key_ids: set[str]) -> None:
    """Add to today's counts of a model, and note that these keys were used now."""
    if not use.requests and not key_ids:
        return
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in _COLUMNS)
    values = asdict(use)
    with transaction(permitted.db):
        permitted.db.execute(
            f"insert into service_days (day, model, project_id, {', '.join(_COLUMNS)}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 ours
            f" on conflict (day, model) do update set project_id = excluded.project_id, {added}",
            [now()[:10], model, project_id, *(values[name] for name in _COLUMNS)],
        )
        for key_id in key_ids:
            permitted.db.execute("update api_keys set last_used_at = ? where id = ?", [now(), key_id])


def days_of_use(workspace: Workspace, project_id: str | None = None) -> list[DayOfUse]:
    """Return the counts of a project, or of what belongs to none, oldest day first.

    Raises:
        AccessError: the acting person may not see the project, or without one, not manage this machine.
    """
    rights.check(workspace.db, "see project" if project_id else "manage machine", project_id)
    rows = workspace.db.execute("select * from service_days where project_id is ? order by day, model", [project_id])
    return [
        DayOfUse(
            day=row["day"],
            model=row["model"],
            project_id=row["project_id"],
            use=Use(**{name: row[name] for name in _COLUMNS}),
        )
        for row in rows
    ]
