"""The detector of a project for short texts, which are searched while somebody waits: kept in memory once it was opened."""

from functools import lru_cache
from pathlib import Path
from threading import Lock

from core.privacy import Detector
from core.services.privacy import anonymization
from core.storage import Workspace

_opening = Lock()  # opened once, also if several threads ask at the same time


def held_detector(workspace: Workspace, project_id: str) -> Detector:
    """Return the detector of a project, at the level thorough, with the reviewers' lists as they are now.

    Raises:
        SetupError: a model is missing or damaged.
    """
    lists = [
        row["id"]
        for table in ("list_entries", "pattern_rules")
        for row in workspace.db.execute(f"select id from {table} where project_id in ('', ?) order by rowid", [project_id])  # noqa: S608 ours
    ]
    with _opening:
        return _opened(str(workspace.home), project_id, tuple(lists))


@lru_cache(maxsize=1)
def _opened(home: str, project_id: str, lists: tuple[str, ...]) -> Detector:
    return anonymization.open_detector(Workspace(Path(home)), project_id=project_id)
