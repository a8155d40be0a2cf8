"""A project's settings of monitoring: from which shares on it is time to train again, and how often it is evaluated."""

import json

from core.records import Person, Project
from core.settings import MonitoringSettings
from core.storage import Workspace, audit, rights, transaction


def monitoring_settings_of(workspace: Workspace, project: Project) -> MonitoringSettings:
    """Return a project's settings of monitoring, or the usual ones.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    row = workspace.db.execute("select settings from monitoring_settings where project_id = ?", [project.id]).fetchone()
    stored = json.loads(row["settings"]) if row else {}
    known = {name: value for name, value in stored.items() if name in MonitoringSettings.model_fields}
    return MonitoringSettings.from_values(known)


def set_monitoring(workspace: Workspace, project: Project, settings: MonitoringSettings, *, by: Person) -> None:
    """Store a project's settings of monitoring. What is evaluated by itself is so in the name of whoever set it last.

    Raises:
        AccessError: the actor may not train here, or `by` is another person.
    """
    permitted = workspace.allowed("train", project.id, by=by)
    values = settings.model_dump(exclude_defaults=True)
    with transaction(permitted.db):
        if settings == monitoring_settings_of(permitted, project):
            return
        permitted.db.execute(
            "insert into monitoring_settings (project_id, settings, person_id) values (?, ?, ?)"
            " on conflict (project_id) do update set settings = excluded.settings, person_id = excluded.person_id",
            [project.id, json.dumps(values, sort_keys=True), rights.person_id(permitted.db)],
        )
        counts = {name: round(100 * value) if isinstance(value, float) else value for name, value in values.items()}
        audit.append(permitted.db, "monitoring changed", actor=by.name, subjects={"project": project.id}, counts=counts)
