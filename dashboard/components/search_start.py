"""Starting the search for personal data, or repeating it: how thoroughly, what that costs and what it finds."""

from collections.abc import Sequence

import streamlit as st

from core import jobs
from core.models import registry
from core.records import Document, Project
from core.settings import DetectionLevel
from core.storage import Workspace
from core.words import counted, duration
from dashboard.components.errors import shown_errors
from dashboard.components.person import reason_against

LABELS: dict[DetectionLevel, str] = {"thorough": "Thorough", "standard": "Standard"}
# How many of 1,500 texts still revealed something: `python -m tests.benchmarks.detecting`, public set; docs/privacy.md.
BRINGS: dict[DetectionLevel, str] = {
    "thorough": "Two name finders and all rules. In our test 18 of 1,500 short texts still told something personal",
    "standard": "One name finder and all rules. In our test 47 of 1,500 short texts still told something personal",
}
# Characters per second on two busy cores, the slower of the measurements: `python -m tests.benchmarks anonymizing`.
CHARACTERS_PER_S: dict[DetectionLevel, int] = {"thorough": 6_400, "standard": 14_300}
_OPENING_S = 15  # to load the detectors
_CHARACTERS_PER_WORD = 6


def expected_s(documents: Sequence[Document], level: DetectionLevel) -> float:
    """Estimate how many seconds the search of these documents takes on a slow machine."""
    return _OPENING_S + _CHARACTERS_PER_WORD * sum(one.word_count for one in documents) / CHARACTERS_PER_S[level]


def show_search_start(workspace: Workspace, project: Project, documents: Sequence[Document]) -> None:
    """Show the choice of the level and the button that starts the search of these documents."""
    levels = list(LABELS)
    has_second = _has_second(workspace)
    level = st.radio(
        "How thoroughly?",
        levels,
        index=0 if has_second else 1,
        format_func=LABELS.__getitem__,
        captions=[f"{BRINGS[level]} · about {duration(expected_s(documents, level))}." for level in levels],
        horizontal=True,
        key="search-level",
        persist_state="session",
    )
    is_missing = level == "thorough" and not has_second
    if is_missing:
        st.caption(
            "The second name finder is not on this machine. Choose Standard, or let an administrator install a bundle "
            "that holds it."
        )
    against = reason_against(workspace, "find personal data", project)
    if st.button(
        "Find personal data",
        type="primary",
        icon=":material/search:",
        disabled=is_missing or bool(against),
        help=against or None,
        key="find-personal-data",
    ):
        _start(workspace, project, level)


def show_search_again(workspace: Workspace, project: Project, documents: Sequence[Document]) -> None:
    """Offer to search again what an earlier version searched; show nothing if there is no such document."""
    outdated = [document for document in documents if document.is_search_outdated]
    if not outdated:
        return
    level: DetectionLevel = "thorough" if _has_second(workspace) else "standard"
    was = "was" if len(outdated) == 1 else "were"
    st.warning(
        f"**{counted(len(outdated), 'document')} {was} searched by an earlier version of Garrison**, which left names "
        "readable that are found now. Search again: what people decided stays, what is found anew waits for a decision, and "
        f"approvals of these documents are withdrawn. It takes about {duration(expected_s(outdated, level))}.",
        icon=":material/update:",
    )
    against = reason_against(workspace, "find personal data", project)
    if st.button(
        "Search again",
        type="primary" if all(document.is_analyzed for document in documents) else "secondary",
        icon=":material/search:",
        disabled=bool(against),
        help=against or None,
        key="search-again",
    ):
        _start(workspace, project, level, again=True)


def _has_second(workspace: Workspace) -> bool:
    return any(model.name == "rampart" for model in registry.list_models(registry.model_folders(workspace.home)))


def _start(workspace: Workspace, project: Project, level: DetectionLevel, *, again: bool = False) -> None:
    from core.services.privacy import anonymization

    with shown_errors():
        jobs.submit(workspace, anonymization.Params(level=level, again=again), project_id=project.id)
        st.rerun()
