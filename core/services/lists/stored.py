"""The lists and patterns that apply to a project, as they are stored."""

from core.privacy.lists.detector import Lists
from core.records import CustomPattern, ListEntry
from core.storage import Workspace, find


def lists_of(workspace: Workspace, project_id: str = "") -> Lists:
    """Load the lists that apply to a project: its own and those for all projects, or only the latter for ""."""
    return Lists(entries_of(workspace, project_id), patterns_of(workspace, project_id))


def entries_of(workspace: Workspace, project_id: str = "") -> list[ListEntry]:
    """Return the entries that apply to a project, including those for all projects."""
    return [entry for owner in dict.fromkeys(("", project_id)) for entry in find(workspace.db, ListEntry, project_id=owner)]


def patterns_of(workspace: Workspace, project_id: str = "") -> list[CustomPattern]:
    """Return the patterns that apply to a project, including those for all projects."""
    return [
        pattern
        for owner in dict.fromkeys(("", project_id))
        for pattern in find(workspace.db, CustomPattern, project_id=owner)
    ]
