"""Downloading anonymized documents, as one zip."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.records import Document, Project
from core.services.documents.document_formats import offered_formats
from core.storage import Workspace
from core.words import counted
from dashboard.components.person import reason_against


def export_zip(workspace: Workspace, documents: Sequence[Document], *, format: str) -> bytes:
    """Return the files that `garrison documents export` writes, as a zip.

    Raises:
        InputError: a document is not approved, or its file would still contain something that was masked.
    """
    from core.services.documents.document_export import export_documents

    with tempfile.TemporaryDirectory(dir=workspace.home, prefix=".export-") as folder:
        target = Path(folder) / "documents"
        export_documents(workspace, documents, target, format=format)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(target.iterdir()):
                archive.write(path, path.name)
        return out.getvalue()


def show_document_export(workspace: Workspace, project: Project) -> None:
    """Show the button that downloads the approved, anonymized documents; nothing if there are none."""
    from core.services.documents.document_export import exportable_documents

    approved = exportable_documents(workspace, project)
    if not approved:
        return
    with st.expander("Take the anonymized documents with you", icon=":material/download:"):
        words = {form.name: form.words or form.name for form in offered_formats()}
        format = st.radio("Format", list(words), format_func=words.__getitem__, key="document-export-format")
        against = reason_against(workspace, "export", project)
        st.download_button(
            f"Download {counted(len(approved), 'approved document')}",
            data=lambda: export_zip(workspace, approved, format=format),
            file_name="anonymized-documents.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="export-documents",
            disabled=bool(against),
            help=against or None,
        )
        st.caption(
            "Exactly what was approved. Pictures, comments, tracked changes and document properties are left out, because "
            "nobody reviewed them. Files are named by number, since a file's name may hold a person's."
        )
