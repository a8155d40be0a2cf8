"""The detector that looks through what a person wrote, kept in memory from the first edit on."""

from typing import TYPE_CHECKING

import streamlit as st

from core.records import Project
from core.storage import Workspace

if TYPE_CHECKING:
    from core.privacy import Detector


def detector_for(workspace: Workspace, project: Project) -> "Detector":
    """Return the detector of a project, with its lists as they are now.

    Raises:
        SetupError: a model is missing or damaged.
    """
    from core.services.privacy.held_detector import held_detector

    with st.spinner("Getting ready to look for personal data …"):
        return held_detector(workspace, project.id)
