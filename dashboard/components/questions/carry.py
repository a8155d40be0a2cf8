"""Question pairs taken out as a file, or brought in from one."""

import streamlit as st

from core.questions import PAIR_FORMATS, PairFormat
from core.questions.exchange.reading import Choices
from core.records import Project
from core.services.questions.pair_import import Result
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.follower import newest_job
from dashboard.components.questions.bring import ask_about, forget_others
from dashboard.components.questions.pair_files import (
    READABLE,
    SUFFIXES,
    Upload,
    export_bytes,
    export_words,
    import_upload,
    lost_words,
)

_ROUND = "pair-files-round"  # counts up to give an empty place for files once those in it were brought in


def choose_format() -> PairFormat:
    """Draw the choice of the file's format, unless there is only one; return it."""
    formats = list(PAIR_FORMATS.values())
    if len(formats) == 1:
        return formats[0]
    words = {form.name: form.words for form in formats}
    name = st.selectbox("Format", list(words), format_func=words.__getitem__, key="export-pair-format")
    chosen = PAIR_FORMATS[name]
    if chosen.description:
        st.caption(chosen.description)
    return chosen


def show_carry(workspace: Workspace, project: Project, *, kept: int, is_busy: bool) -> None:
    """Offer pairs as a file (only those from approved documents), and the import of pairs from files."""
    out, brought = st.columns(2)
    with out.container(border=True):
        _show_out(workspace, project, kept=kept)
    with brought.container(border=True):
        uploads = _ask_for_files(workspace, project)
    if uploads:
        _show_files(workspace, project, uploads, is_busy=is_busy)


def _show_out(workspace: Workspace, project: Project, *, kept: int) -> None:
    st.markdown("**Take the kept pairs with you**")
    chosen = choose_format()
    with_source = st.toggle("With document, page and quote", key="export-source")
    number, note = export_words(workspace, project)
    note = " ".join(filter(None, (note, lost_words(workspace, project, chosen) if number else "")))
    st.download_button(
        f"Download as {chosen.words}",
        data=lambda: export_bytes(workspace, project, format=chosen.name, with_source=with_source),
        file_name=f"question-pairs{chosen.suffix}{'.zip' if chosen.is_folder else ''}",
        mime=chosen.mime,
        icon=":material/download:",
        disabled=not number,
        on_click="ignore",
        key="export-pairs",
    )
    if note or not kept:
        st.caption(note or "There is no kept pair to take yet.")


def _ask_for_files(workspace: Workspace, project: Project) -> list[Upload]:
    st.markdown("**Bring pairs that you have already**")
    number = st.session_state.get(_ROUND, 0)
    uploads = st.file_uploader(
        "Files of question pairs or conversations",
        type=SUFFIXES,
        accept_multiple_files=True,
        help=READABLE,
        key=f"pair-files-{number}" if number else "pair-files",
    )
    st.caption("You see what is in them first. They wait on the Review page before anything is trained on them.")
    job = newest_job(workspace, project, "import")
    if job is not None and not uploads and (result := Result.find(job)):
        notes = "".join(f" {note}" for note in result.notes)
        st.caption(f":material/info: Brought in last: {counted(result.pairs, 'pair')}.{notes}")
    forget_others(uploads)
    return uploads


def _show_files(workspace: Workspace, project: Project, uploads: list[Upload], *, is_busy: bool) -> None:
    """Show what the files hold, and bring them in if all of them can be."""
    asked: list[tuple[Upload, Choices | None]] = [(upload, ask_about(upload)) for upload in uploads]
    ready = [(upload, choices) for upload, choices in asked if choices is not None]
    label = "Bring it in" if len(asked) == 1 else f"Bring in {counted(len(asked), 'file')}"
    is_blocked = is_busy or len(ready) < len(asked)
    if st.button(label, icon=":material/upload:", disabled=is_blocked, key="bring-in"):
        with shown_errors():
            for upload, choices in ready:
                import_upload(workspace, project, upload, choices)
            st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
            st.rerun()
    if len(ready) < len(asked):
        st.caption("Nothing is stored yet: say what the columns hold, mend the rows, or remove the file.")
