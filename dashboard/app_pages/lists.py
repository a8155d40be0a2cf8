"""Lists: what is always and what is never personal data, patterns, and suggestions from reviewers' corrections."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd
import streamlit as st

from core.errors import InputError
from core.privacy.entities import COMMON
from core.privacy.lists.file import csv_lines, new_entry, read_lists
from core.privacy.lists.patterns import pattern_of
from core.privacy.text.normalization import fold
from core.records import CustomPattern, ListEntry, Person, Project
from core.services.lists import changes as list_changes
from core.services.lists.suggestions import dismiss, suggestions
from core.storage import Workspace, find
from core.words import counted
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.pattern_builder import build_pattern
from dashboard.components.person import acting_person, reason_against
from dashboard.components.review.page_text import entity_words

Kind = Literal["deny", "allow"]
WORDS: dict[Kind, str] = {
    "deny": "What stands here is personal data wherever it stands, in any case, as whole words.",
    "allow": "What stands here is never personal data where a span holds exactly this text. The deny list comes first.",
}
EMPTY: dict[Kind, str] = {
    "deny": "Nothing is denied yet. Write names, call signs or places above that must never be readable, one a line.",
    "allow": "Nothing is allowed yet. Write words above that are found again and again although they name nobody.",
}
SHOWN = 2_000  # rows in the table; the search finds the others


def say(note: str) -> None:
    """Redraw the page with empty fields and a note on what was done."""
    st.session_state["lists-note"] = note
    st.session_state["lists-round"] = st.session_state.get("lists-round", 0) + 1  # new widget keys, so fields are empty
    st.rerun()


def show_held(workspace: Workspace, owner: str) -> None:
    """Show the lists read-only, for those who may not change them."""
    st.caption("Administrators keep the lists for all projects. They hold in this project too.")
    rows = [
        {"List": entry.kind, "Text": entry.text, "Type": entity_words(entry.entity), "Added by": entry.added_by}
        for entry in find(workspace.db, ListEntry, project_id=owner)
    ]
    rows += [
        {"List": "pattern", "Text": pattern.name, "Type": entity_words(pattern.entity), "Added by": pattern.added_by}
        for pattern in find(workspace.db, CustomPattern, project_id=owner)
    ]
    if rows:
        st.dataframe(rows[:SHOWN], hide_index=True, alt="Entries and patterns that hold in every project")
    else:
        empty_state("Nothing is on the lists for all projects yet.")


def show_list(workspace: Workspace, owner: str, kind: Kind, person: Person | None) -> None:
    """Show one list: adding texts, the entries, and files in and out."""
    st.caption(WORDS[kind])
    entries = find(workspace.db, ListEntry, project_id=owner, kind=kind)
    add_texts(workspace, owner, kind, person)
    if entries:
        show_entries(workspace, owner, kind, entries=entries, person=person)
    else:
        empty_state(EMPTY[kind])
    show_files(workspace, owner, kind, person)


def add_texts(workspace: Workspace, owner: str, kind: Kind, person: Person | None) -> None:
    """Show the field for new texts, and what adding them would change before it is done."""
    turn = st.session_state.get("lists-round", 0)
    written = st.text_area("Add, one text a line", key=f"{kind}-new-{turn}", height=100)
    entity = "PERSON"
    if kind == "deny":
        entity = st.selectbox("Type", COMMON, format_func=entity_words, key=f"{kind}-entity")
    texts = [line.strip() for line in written.splitlines() if line.strip()]
    if not texts:
        return
    with shown_errors():
        by = person or Person(id="", name="")
        fresh = [new_entry(text, project_id=owner, kind=kind, entity=entity, actor=by) for text in texts]
        st.markdown(list_changes.preview(workspace, owner, entries=fresh).words)
        label = f"Add {counted(len(fresh), 'entry', many='entries')}"
        if st.button(label, type="primary", icon=":material/add:", disabled=person is None, key=f"{kind}-add") and person:
            say(f"Added. {list_changes.add(workspace, owner, entries=fresh, actor=person).words}")


def show_entries(
    workspace: Workspace, owner: str, kind: Kind, *, entries: Sequence[ListEntry], person: Person | None
) -> None:
    """Show the entries with a search; selected ones can be removed."""
    wanted = fold(st.text_input("Search", key=f"{kind}-search", icon=":material/search:"))
    fitting = [entry for entry in entries if wanted in fold(entry.text)] if wanted else list(entries)
    shown = fitting[:SHOWN]
    rows = [
        {"Text": entry.text, "Type": entity_words(entry.entity), "Added by": entry.added_by, "On": entry.created_at[:10]}
        for entry in shown
    ]
    frame = pd.DataFrame(rows, columns=["Text", "Type", "Added by", "On"])
    chosen = st.dataframe(
        frame.drop(columns="Type") if kind == "allow" else frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"{kind}-table-{st.session_state.get('lists-round', 0)}-{wanted}",
        height="auto" if len(rows) <= 12 else 420,
        alt=f"The {kind} list",
    )
    more = f", the first {SHOWN:,} shown" if len(fitting) > SHOWN else ""
    st.caption(f"{counted(len(fitting), 'entry', many='entries')}{more}. Tick rows to take them off the list.")
    picked = [shown[row] for row in chosen["selection"]["rows"] if row < len(shown)]
    if picked:
        show_removal(workspace, owner, kind, picked=picked, person=person)


def show_removal(
    workspace: Workspace, owner: str, kind: Kind, *, picked: Sequence[ListEntry], person: Person | None
) -> None:
    """Show what removing the picked entries changes, and the button that does it."""
    with st.container(border=True), shown_errors():
        if kind == "deny":
            st.markdown("Nothing becomes readable: the spans of these entries stay until a reviewer rejects them.")
        else:
            st.markdown(list_changes.preview_removal(workspace, owner, picked).words)
        label = f"Take {counted(len(picked), 'entry', many='entries')} off the list"
        if st.button(label, icon=":material/delete:", disabled=person is None, key=f"{kind}-remove") and person:
            list_changes.remove(workspace, owner, entries=picked, actor=person)
            say(f"{counted(len(picked), 'entry', many='entries')} taken off the list.")


def show_files(workspace: Workspace, owner: str, kind: Kind, person: Person | None) -> None:
    """Offer the import of a CSV file, previewing what it holds, and the download of both lists."""
    with st.expander("From a file, to a file", icon=":material/table:"):
        turn = st.session_state.get("lists-round", 0)
        file = st.file_uploader("CSV with the columns text, type and kind", type=["csv", "txt"], key=f"{kind}-csv-{turn}")
        st.caption("Type and kind (deny, allow, regex) may be left out: then this tab's list is meant. At most 50,000 rows.")
        if file is not None:
            with shown_errors():
                import_file(workspace, owner, kind, data=file.getvalue(), person=person)
        entries = find(workspace.db, ListEntry, project_id=owner)
        if entries:
            st.download_button(
                "Download both lists",
                data=lambda: "".join(csv_lines(entries, find(workspace.db, CustomPattern, project_id=owner))).encode(),
                file_name="lists.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"{kind}-download",
                help="The file holds personal data.",
            )


def import_file(workspace: Workspace, owner: str, kind: Kind, *, data: bytes, person: Person | None) -> None:
    """Show what a file would add, and the button that imports it.

    Raises:
        InputError: the file is no list, or none of its rows can be used.
    """
    read = read_lists(data, project_id=owner, actor=person or Person(id="", name=""), kind=kind)
    usable = len(read.entries) + len(read.patterns)
    if read.bad_rows:
        lines = [f"Row {number}: {reason}" for number, reason in read.bad_rows[:20]]
        st.warning(f"{counted(len(read.bad_rows), 'row')} cannot be used.", icon=":material/warning:")
        st.code("\n".join(lines), language=None, wrap_lines=True)
    if not usable:
        raise InputError("The file holds no row that can be used.", "Look at the rows named above.")
    st.markdown(list_changes.preview(workspace, owner, entries=read.entries, patterns=read.patterns).words)
    label = f"Take in {counted(usable, 'row')}"
    if st.button(label, type="primary", disabled=person is None, key=f"{kind}-import") and person:
        effect = list_changes.add(workspace, owner, entries=read.entries, patterns=read.patterns, actor=person)
        say(f"Taken in. {effect.words}")


def show_patterns(workspace: Workspace, project: Project, owner: str, person: Person | None) -> None:
    """Show the existing patterns, and the builder for new ones."""
    patterns = find(workspace.db, CustomPattern, project_id=owner)
    if not patterns:
        empty_state("No pattern yet. Put one together below: such as 2 letters, a dash, 5 digits.")
    for pattern in patterns:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"pattern-{pattern.id}"):
            st.code(f"{pattern.name}: {pattern_of(pattern.definition).words}", language=None, wrap_lines=True)
            st.caption(f"{entity_words(pattern.entity)} · by {pattern.added_by}")
            if st.button("Remove", key=f"remove-{pattern.id}", icon=":material/delete:", disabled=person is None) and person:
                list_changes.remove(workspace, owner, patterns=[pattern], actor=person)
                say("The pattern is removed. Its spans stay until a reviewer rejects them.")
    st.subheader("A new pattern")
    build_pattern(workspace, owner, searched=project.id, person=person, done=say)


def show_suggestions(workspace: Workspace, project: Project, owner: str, person: Person | None) -> None:
    """Show what reviewers corrected by hand; nothing is put on a list automatically."""
    suggested = suggestions(workspace, project)
    if not suggested:
        empty_state("Nothing to suggest. Texts that reviewers add by hand or reject in three places or more show up here.")
        return
    st.caption(f"{counted(len(suggested), 'text')} that reviewers corrected. Nothing gets onto a list before you say so.")
    for number, suggestion in enumerate(suggested[:50]):
        done = "Added by hand" if suggestion.kind == "deny" else "Rejected"
        with st.container(border=True, key=f"suggestion-{number}"):
            st.code(suggestion.text, language=None, wrap_lines=True)
            where = f"{counted(suggestion.count, 'time')} in {counted(suggestion.documents, 'document')}"
            st.caption(f"{done} {where} · {entity_words(suggestion.entity)}")
            entry = new_entry(
                suggestion.text, project_id=owner, kind=suggestion.kind, entity=suggestion.entity,
                actor=person or Person(id="", name=""),
            )  # fmt: skip
            with st.container(horizontal=True), shown_errors():
                label = "Add to deny list" if suggestion.kind == "deny" else "Add to allow list"
                if st.button(label, key=f"suggest-add-{number}", icon=":material/add:", disabled=person is None) and person:
                    say(f"Added. {list_changes.add(workspace, owner, entries=[entry], actor=person).words}")
                if st.button("Dismiss", key=f"suggest-dismiss-{number}", disabled=person is None):
                    dismiss(workspace, project, suggestion)
                    say("It is not suggested again in this project.")


def main() -> None:
    """Draw the page."""
    project, workspace = resources.require_project(), resources.workspace()
    left, right = st.columns(2)
    scope = left.segmented_control(
        "Whose lists", ["This project", "All projects"], default="This project", required=True, key="lists-scope"
    )
    with right:
        person = acting_person()
    owner = "" if scope == "All projects" else project.id
    if person is None:
        st.caption("Write your name to change something.")
    if reason_against(workspace, "edit lists", project if owner else None):
        show_held(workspace, owner)
        return
    if note := st.session_state.pop("lists-note", ""):
        st.success(note, icon=":material/check_circle:")
    names = ["Always replaced (deny list)", "Never replaced (allow list)", "Patterns", "Suggestions"]
    deny, allow, patterns, suggested = st.tabs(names, key="lists-tab", on_change="rerun")
    if deny.open:  # only the open tab: the others would read every document for nothing
        with deny, shown_errors():
            show_list(workspace, owner, "deny", person)
    if allow.open:
        with allow, shown_errors():
            show_list(workspace, owner, "allow", person)
    if patterns.open:
        with patterns, shown_errors():
            show_patterns(workspace, project, owner, person)
    if suggested.open:
        with suggested, shown_errors():
            show_suggestions(workspace, project, owner, person)


main()
