"""Audit: who did what, whether the log is intact, and the log as a file."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.records import AuditEntry
from core.storage import Workspace, rights
from core.storage.audit import entries
from core.storage.audit_check import verify
from core.storage.audit_table import csv_lines, pairs
from core.words import counted
from dashboard import resources
from dashboard.components.errors import shown_errors
from dashboard.components.words import clock

SHOWN = 500
EVERYTHING = "Every project"


def show_verdict(workspace: Workspace) -> None:
    """Show whether the log is intact, verified anew each time, and the head to note down."""
    with st.spinner("Checking the log …"):
        verdict = verify(workspace.db)
    entries = counted(verdict.count, "entry", many="entries")
    if verdict.is_whole:
        st.success(f"The log is whole: {entries}, none changed, moved or taken out.", icon=":material/verified_user:")
    else:
        lines = "\n".join(f"- {finding}" for finding in verdict.findings)
        st.error(f"**The log is not whole.** Tell who is responsible for it.\n\n{lines}", icon=":material/gpp_bad:")
    with st.expander("The head, to note down away from this machine", key="audit-head"):
        st.code(verdict.head, language=None)
        st.caption("`garrison audit verify --noted HEAD` finds later whether the log was cut off or written anew since.")


def show_log(workspace: Workspace) -> None:
    """Show the newest entries first, optionally only those of one project or those that name something."""
    names = {project.id: project.name for project in resources.projects()}
    left, right = st.columns(2)
    project_id = left.selectbox(
        "Project", ["", *names], format_func=lambda key: names.get(key, EVERYTHING), key="audit-project"
    )
    named = right.text_input("Only what names this id, person or action", key="audit-named").strip()
    with shown_errors():
        _show_entries(workspace, names, project_id=project_id, named=named)


def _show_entries(workspace: Workspace, names: dict[str, str], *, project_id: str, named: str) -> None:
    shown = [entry for entry, _ in entries(workspace.db, about=named or project_id, last=SHOWN)]
    if named and project_id:
        shown = [entry for entry in shown if entry.subjects.get("project") == project_id]
    if not shown:
        st.caption("No entry names that.")
        return
    rows = [_row(entry, names) for entry in reversed(shown)]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Audit log: time, who, what, about which ids, counts")
    if len(shown) == SHOWN:
        st.caption(f"The newest {SHOWN:,}. The file holds all of them.")


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, object]:
    others = {name: value for name, value in entry.subjects.items() if name != "project"}
    project_id = entry.subjects.get("project", "")
    return {
        "Number": entry.sequence,
        "Time": clock(entry.created_at),
        "Who": entry.actor,
        "Account": entry.account,
        "What": entry.action,
        "Project": names.get(project_id, project_id),
        "About": pairs(others),
        "Counts": pairs(entry.counts),
        "SHA-256": entry.sha256[:12],
    }


def show_download(workspace: Workspace) -> None:
    """Offer the whole log as CSV."""
    st.download_button(
        "Download as CSV",
        data=lambda: "".join(csv_lines(workspace.db)).encode(),
        file_name=f"audit-{datetime.now(UTC):%Y-%m-%d}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="audit-csv",
        help="Every entry. The last column holds it exactly as it was hashed.",
    )


workspace = resources.workspace()
rights.check(workspace.db, "read audit log")
with shown_errors():
    show_verdict(workspace)
st.fragment(show_log, key="audit-log")(workspace)  # a fragment, so that filtering does not verify the whole log again
show_download(workspace)
