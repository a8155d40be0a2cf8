"""The detector that looks through what a person wrote, kept in memory from the first edit on."""

from typing import TYPE_CHECKING

import streamlit as st

from core.records import CustomPattern, ListEntry, Project
from core.storage import Workspace, find

if TYPE_CHECKING:
    from core.privacy import Detector


def detector_for(workspace: Workspace, project: Project) -> "Detector":
    """Return the detector of a project, with its lists as they are now.

    Raises:
        SetupError: a model is missing or damaged.
    """
    lists: list[str] = []
    for project_id in ("", project.id):
        lists += [entry.id for entry in find(workspace.db, ListEntry, project_id=project_id)]
        lists += [pattern.id for pattern in find(workspace.db, CustomPattern, project_id=project_id)]
    return _detector_at(str(workspace.home), project.id, tuple(lists))


@st.cache_resource(max_entries=1, show_spinner="Getting ready to look for personal data …")
def _detector_at(home: str, project_id: str, lists: tuple[str, ...]) -> "Detector":
    from pathlib import Path

    from core.services.privacy.anonymization import open_detector

    return open_detector(Workspace(Path(home)), project_id=project_id)
