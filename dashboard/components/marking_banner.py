"""The band with a document's classification marking: in words, and in a color that does not stand alone."""

import re

import streamlit as st

from core.privacy.classification.markings import LEVEL_WORDS
from core.records import Document, Project
from core.services.privacy.highest_marking import is_permitted, known_marking
from core.storage import Workspace

_COLORS = ("blue", "blue", "orange", "red", "red")


def show_marking(workspace: Workspace, project: Project, document: Document) -> None:
    """Show the document's marking, if it bears one, and an error if the project does not permit it."""
    marking = known_marking(workspace, document)
    if not marking.text:
        return
    words = re.sub(r"([^\w\s])", r"\\\1", marking.text)  # escaped, so that none of it is read as Markdown
    st.markdown(f":{_COLORS[marking.level]}-background[:material/shield: **Marked {words}**]")
    if document.state == "read" and not is_permitted(project, marking.level):
        st.error(
            f"This project permits documents up to {LEVEL_WORDS[project.highest_marking]}. "
            "This one cannot be approved or used: remove it, or let somebody who may decide that raise "
            "the project's highest marking.",
            icon=":material/block:",
        )
