"""Documents: add files, see what was read, look at the text, remove files."""

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import jobs
from core.files import disk_errors
from core.records import Document, Job, Project, Span
from core.services.documents.reading import File, Params, Result
from core.services.privacy.highest_marking import is_permitted
from core.storage import Workspace, count, find
from core.storage.removal import remove_document
from core.words import counted, size
from dashboard import resources
from dashboard.components.document_files import show_document_export
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.highest_marking import show_highest_marking
from dashboard.components.marking_banner import show_marking
from dashboard.components.review.page_text import PageView, cut_page, page_words, show_page
from dashboard.components.review.span_order import pages_of
from dashboard.components.search_start import show_search_again, show_search_start

FORMATS = "PDF, Word, PowerPoint, Excel, CSV, JSON, HTML, e-mail, Markdown, plain text, or a zip of these"
NAME_WIDTH, PROBLEM_WIDTH = 140, 500  # pixels: fits a whole problem and the state in a 1280 px window


def bring_in(workspace: Workspace, project: Project, files: Sequence[UploadedFile]) -> None:
    """Store the files in the workspace under names that reveal nothing, and start the job that reads them."""
    folder = workspace.home / "incoming" / secrets.token_hex(8)
    brought = []
    for number, file in enumerate(files):
        path = folder / str(number)
        with disk_errors(path):
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                shutil.copyfileobj(file, target)
        brought.append(File(path=str(path), name=Path(file.name).name))
    jobs.submit(workspace, Params(files=tuple(brought), remove_after=True), project_id=project.id)


def show_drop_zone(workspace: Workspace, project: Project) -> None:
    """Show the drop zone; dropped files are read at once, and the zone is emptied."""
    drop = st.session_state.setdefault("documents-drop", 0)
    files = st.file_uploader(
        "Add documents",
        accept_multiple_files=True,
        key=f"documents-drop-{drop}",
        help=f"{FORMATS}. Files stay on this machine.",
    )
    st.caption(f"{FORMATS}. Nothing leaves this machine.")
    if files:
        with shown_errors():
            bring_in(workspace, project, files)
            st.session_state["documents-drop"] = drop + 1
            st.rerun()


def state_words(workspace: Workspace, project: Project, document: Document) -> str:
    """Describe where a document stands, with a symbol that does not need color."""
    if document.state == "unreadable":
        return "✗ refused" if is_refused(document) else "✗ not read"
    if document.marking_level is not None and not is_permitted(project, document.marking_level):
        return "✗ marked too high"
    if not document.is_analyzed:
        return "○ read, not searched"
    approved = workspace.active_review(document.id)
    if approved is None:
        return "● to review"
    return "✓ approved unread" if approved.unread else "✓ approved"


def is_refused(document: Document) -> bool:
    """Tell whether the file was refused for a marking above what its project permitted at the time."""
    return document.state == "unreadable" and document.is_classified


def show_result(reading: Job | None, documents: list[Document]) -> None:
    """Show what the newest reading job skipped, refused or could not read; nothing unless that job is done."""
    result = Result.find(reading) if reading and reading.state == "done" else None
    if result is None:
        return
    if result.skipped:
        st.info(f"{counted(result.skipped, 'file')} left out: the same file is in the list already.", icon=":material/info:")
    brought = set(result.documents)
    if refused := sum(is_refused(document) and document.id in brought for document in documents):
        was, be = ("was", "it is") if refused == 1 else ("were", "they are")
        st.warning(
            f"{counted(refused, 'file')} {was} refused, because {be} marked higher than this project permits. "
            "Nothing of the text was kept. The list says which marking.",
            icon=":material/block:",
        )
    if unreadable := result.unreadable - refused:
        was = "was" if result.read == 1 else "were"
        rest = f" {counted(result.read, 'other file')} {was} added." if result.read else ""
        st.warning(
            f"{counted(unreadable, 'file')} could not be read. The list says why.{rest}",
            icon=":material/warning:",
        )


def table_row(workspace: Workspace, document: Document, *, has_problems: bool, has_markings: bool) -> dict[str, Any]:
    """Build a document's row; if any document has a problem, it stands beside the name, with room for the whole sentence."""
    name = {"Name": document.name}
    problem = {"Problem": document.problem} if has_problems else {}
    return {
        **name,
        **problem,
        "State": state_words(workspace, resources.require_project(), document),
        **({"Marking": "none" if document.marking is None else document.marking} if has_markings else {}),
        "Pages": document.page_count or None,  # plain text has none
        "Words": document.word_count or None,
        "Kind": document.kind,
        "Language": "" if document.language is None else document.language,
    }


def show_table(workspace: Workspace, documents: list[Document], *, has_problems: bool) -> Document:
    """Show the list; return the document selected in it (the first one until then)."""
    has_markings = any(document.marking is not None for document in documents)
    rows = [table_row(workspace, document, has_problems=has_problems, has_markings=has_markings) for document in documents]
    chosen = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="documents-table",
        placeholder="",
        column_config={
            "Name": st.column_config.TextColumn(width=NAME_WIDTH if has_problems else None),
            "Problem": st.column_config.TextColumn(width=PROBLEM_WIDTH),
            "Words": st.column_config.NumberColumn(format="localized"),
        },
        height="auto" if len(rows) <= 12 else 460,
        alt="Documents of this project with kind, pages, words, state and problems",
    )
    picked = chosen["selection"]["rows"]
    return documents[picked[0]] if picked and picked[0] < len(documents) else documents[0]


def show_preview(workspace: Workspace, document: Document) -> None:
    """Show what was read from one document, page by page, and the button to remove it."""
    st.markdown(f"**{document.name}**")
    st.caption(f"{document.kind} · {size(document.size_bytes)} · {counted(document.word_count, 'word')}")
    show_marking(workspace, resources.require_project(), document)
    if document.problem:
        st.warning(document.problem, icon=":material/warning:")
    if document.state == "read":
        text = workspace.text(document)
        pages = pages_of(text, workspace.pages(document))
        number = st.pagination(len(pages), key=f"preview-page-{document.id}", max_visible_pages=5) if len(pages) > 1 else 1
        page = pages[number - 1]
        if words := page_words(page):
            st.caption(words)
        pieces = cut_page(text, (), start=page.start, end=page.end)
        show_page(pieces, PageView(number=number, label=f"Text of {page.label}"), key=f"preview-{document.id}")
    show_removal(workspace, document)


def show_removal(workspace: Workspace, document: Document) -> None:
    """Show the button that removes the document, saying first what is lost."""
    with st.popover("Remove this document", icon=":material/delete:"):
        spans = count(workspace.db, Span, document_id=document.id)
        st.markdown(
            f"This removes the document, {counted(spans, 'decision')} about personal data in it, its approval and the "
            "question pairs made from it. What was already trained stays as it is. It cannot be undone."
        )
        if st.button("Remove for good", key=f"remove-{document.id}"):
            with shown_errors():
                remove_document(workspace, document)
                st.rerun()


def show_next(workspace: Workspace, project: Project, documents: list[Document]) -> None:
    """Show the next step: the search of documents not searched yet, else the review."""
    read = [document for document in documents if document.state == "read"]
    show_search_again(workspace, project, read)
    if fresh := [document for document in read if not document.is_analyzed]:
        show_search_start(workspace, project, fresh)
    elif read and not any(document.is_search_outdated for document in read):
        if st.button("Go to review", type="primary", icon=":material/arrow_forward:", key="go-to-review"):
            st.switch_page("app_pages/review.py")


project = resources.require_project()
workspace = resources.workspace()
show_drop_zone(workspace, project)
show_highest_marking(workspace, project)
reading = follow_newest(workspace, project, "read", "sample")
searching = follow_newest(workspace, project, "anonymize")
documents = find(workspace.db, Document, project_id=project.id, order="created_at, rowid")
if not documents:
    if not is_active(reading):
        empty_state("No documents yet. Drop files above: manuals, reports, tables, e-mails. Each is read on this machine.")
    st.stop()
show_result(reading, documents)
if not is_active(reading) and not is_active(searching):
    show_next(workspace, project, documents)
has_problems = any(document.problem for document in documents)
# a problem takes a sentence or two, for which there is no room beside the preview
left, right = (st.container(), st.container()) if has_problems else st.columns([3, 2])
with left:
    chosen = show_table(workspace, documents, has_problems=has_problems)
    show_document_export(workspace, project)
with right:
    show_preview(workspace, chosen)
