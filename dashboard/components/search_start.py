"""Starting the search for personal data: how thoroughly, and what that costs and brings."""

from collections.abc import Sequence

import streamlit as st

from core import jobs
from core.models import registry
from core.records import Document, Project
from core.settings import DetectionLevel, DetectionSettings
from core.storage import Workspace
from dashboard.components.errors import shown_errors
from dashboard.components.person import reason_against
from dashboard.components.words import duration

LABELS: dict[DetectionLevel, str] = {"thorough": "Thorough", "standard": "Standard"}
# Texts of 1,500 that still told something: `python -m tests.benchmarks.detecting` on a public set; see docs/privacy.md.
BRINGS: dict[DetectionLevel, str] = {
    "thorough": "Two name finders and all rules. In our test 18 of 1,500 short texts still told something personal",
    "standard": "One name finder and all rules. In our test 48 of 1,500 short texts still told something personal",
}
# Characters a second on two busy cores, the slower of what was measured: `python -m tests.benchmarks anonymizing`.
CHARACTERS_PER_S: dict[DetectionLevel, int] = {"thorough": 6_400, "standard": 14_300}
_OPENING_S = 15  # to load the finders
_CHARACTERS_PER_WORD = 6


def expected_s(documents: Sequence[Document], level: DetectionLevel) -> float:
    """About how many seconds the search of these documents takes, on a slow machine."""
    return _OPENING_S + _CHARACTERS_PER_WORD * sum(one.word_count for one in documents) / CHARACTERS_PER_S[level]


def show_search_start(store: Workspace, project: Project, documents: Sequence[Document]) -> None:
    """The choice of the level and the button that starts the search of these documents."""
    levels = list(LABELS)
    has_second = any(model.name == "rampart" for model in registry.list_models(registry.model_folders(store.home)))
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
    against = reason_against(store, "find personal data", project)
    if st.button(
        "Find personal data",
        type="primary",
        icon=":material/search:",
        disabled=is_missing or bool(against),
        help=against or None,
        key="find-personal-data",
    ):
        with shown_errors():
            params = DetectionSettings(level=level).model_dump(exclude_defaults=True)
            jobs.submit(store, "anonymize", params, project_id=project.id)
            st.rerun()
