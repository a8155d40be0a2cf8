"""Question pairs taken out as a file, or brought in from one."""

import streamlit as st

from core.questions import PAIR_FORMATS, PairFormat
from core.records import Project
from core.storage import Workspace
from dashboard.components.errors import shown_errors
from dashboard.components.questions.pair_files import READABLE, export_bytes, export_words, import_upload


def choose_format() -> PairFormat:
    """Draw the choice of the file's format, unless there is only one; return it."""
    formats = list(PAIR_FORMATS.values())
    if len(formats) == 1:
        return formats[0]
    words = {form.name: form.words for form in formats}
    return PAIR_FORMATS[st.radio("Format", list(words), format_func=words.__getitem__, key="export-pair-format")]


def show_carry(workspace: Workspace, project: Project, *, kept: int, is_busy: bool) -> None:
    """Offer pairs as a file (only those from approved documents), and the import of pairs from files."""
    out, brought = st.columns(2)
    with out.container(border=True):
        st.markdown("**Take the kept pairs with you**")
        chosen = choose_format()
        with_source = st.toggle("With document, page and quote", key="export-source")
        number, note = export_words(workspace, project)
        st.download_button(
            f"Download as {chosen.words}",
            data=lambda: export_bytes(workspace, project, format=chosen.name, with_source=with_source),
            file_name=f"question-pairs{chosen.suffix}",
            mime=chosen.mime,
            icon=":material/download:",
            disabled=not number,
            on_click="ignore",
            key="export-pairs",
        )
        if note and kept:
            st.caption(note)
    with brought.container(border=True):
        st.markdown("**Bring pairs that you have already**")
        with st.form("import-pairs", border=False, clear_on_submit=True):
            uploads = st.file_uploader(
                "A file of question pairs",
                type=["jsonl", "json"],
                accept_multiple_files=True,
                help=READABLE,
                key="pair-files",
            )
            if st.form_submit_button("Bring them in", icon=":material/upload:", disabled=is_busy):
                with shown_errors():
                    for upload in uploads:
                        import_upload(workspace, project, upload)
                    if uploads:
                        st.rerun()
        st.caption("They wait on the Review page like any other document before anything is trained on them.")
