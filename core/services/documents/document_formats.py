"""The formats that anonymized documents are exported in.

A new one is a function and a record of `DOCUMENT_FORMATS`: the command, the Documents page and the export follow. One that
keeps the layout of a kind of documents takes a writer of `core.documents` as well, and is named in the words of "same".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError
from core.files import write_atomic
from core.privacy import Masked
from core.records import Document, Review
from core.services.review.approved import MaskedValues
from core.storage import Workspace
from core.words import check_choice, either

if TYPE_CHECKING:  # the command line reads the registry for its help; the readers of documents would slow that down
    from core.documents import CopiedFile, Replacement


@dataclass(frozen=True, slots=True)
class Approved:
    """A document with its approval, its original text and exactly the masking that was approved."""

    document: Document
    review: Review
    text: str
    masked: Masked


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A written file; `is_plain` says that it is plain text because its layout could not be kept."""

    path: Path
    copied: "CopiedFile"
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A format that anonymized documents are exported in.

    `write(workspace, approved, folder)` writes one document to a file in the folder, named after the document's id. The
    strings that it returns are searched for masked values before anything is released, so they must be all in the file.
    """

    name: str  # on the command line
    write: Callable[[Workspace, Approved, Path], DocumentFile]
    words: str | None = None  # on the page; None: offered neither there nor in the command's help
    usage: str | None = None  # in the command's help, after the name
    kind: str | None = None  # of the documents that it is for, whose layout it keeps; None: of all

    def check(self, document: Document) -> None:
        """Raise InputError if `document` is not of the kind that this format is for."""
        if self.kind is not None and document.kind != self.kind:
            general = [form.name for form in DOCUMENT_FORMATS.values() if form.kind is None and form.name != "same"]
            raise InputError(
                f"Document {document.id} is no {self.kind} file but {document.kind}.",
                f"Choose {either([*general, 'same'])}.",
            )


def _write_same(workspace: Workspace, approved: Approved, folder: Path) -> DocumentFile:
    """Write the document in its own format; as plain text if there is none or its layout cannot be kept."""
    from core.documents import LayoutError

    document = approved.document
    own = next((form for form in DOCUMENT_FORMATS.values() if form.kind == document.kind), None)
    if own is None:
        return _write_txt(workspace, approved, folder)
    try:
        return own.write(workspace, approved, folder)
    except LayoutError:
        _file(approved, folder, document.kind).unlink(missing_ok=True)
        plain = _write_txt(workspace, approved, folder)
        return DocumentFile(plain.path, plain.copied, is_plain=True)


def _write_txt(_: Workspace, approved: Approved, folder: Path) -> DocumentFile:
    """Write the approved text itself."""
    from core.documents import CopiedFile

    path = _file(approved, folder, "txt")
    write_atomic(path, approved.masked.text)
    return DocumentFile(path, CopiedFile(()))


def _write_jsonl(workspace: Workspace, approved: Approved, folder: Path) -> DocumentFile:
    """Write one passage per line, with headings and page labels as approved."""
    from core.documents import CopiedFile

    path = _file(approved, folder, "jsonl")
    _, passages = workspace.approved_passages(approved.document)
    rows = [{"id": p.id, "heading": p.heading, "page": p.page, "text": p.text} for p in passages]
    write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return DocumentFile(path, CopiedFile(tuple(text for row in rows for text in row.values())))


def _write_docx(workspace: Workspace, approved: Approved, folder: Path) -> DocumentFile:
    from core.documents import copy_docx

    path, tells = _file(approved, folder, "docx"), MaskedValues(approved.text, approved.masked).stand_in
    original, edits = _original(workspace, approved), _edits(approved)
    return DocumentFile(path, copy_docx(original, approved.text, edits, target=path, tells=tells))


def _write_csv(workspace: Workspace, approved: Approved, folder: Path) -> DocumentFile:
    from core.documents import copy_csv

    path = _file(approved, folder, "csv")
    return DocumentFile(path, copy_csv(_original(workspace, approved), approved.text, _edits(approved), target=path))


def _write_xlsx(workspace: Workspace, approved: Approved, folder: Path) -> DocumentFile:
    from core.documents import copy_xlsx

    path = _file(approved, folder, "xlsx")
    return DocumentFile(path, copy_xlsx(_original(workspace, approved), approved.text, _edits(approved), target=path))


def _file(approved: Approved, folder: Path, suffix: str) -> Path:
    return folder / f"{approved.document.id}.{suffix}"


def _original(workspace: Workspace, approved: Approved) -> Path:
    return workspace.document_folder(approved.document) / "original"


def _edits(approved: Approved) -> "list[Replacement]":
    from core.documents import Replacement

    masked = approved.masked
    return [Replacement(edit.start, edit.end, masked.text[edit.masked_start : edit.masked_end]) for edit in masked.edits]


DOCUMENT_FORMATS = {
    form.name: form
    for form in (
        DocumentFormat(
            "same",
            _write_same,
            words="In their own format (Word, Excel, CSV), others as text",
            usage="Word, Excel and CSV as such, others as text",
        ),
        DocumentFormat("txt", _write_txt, words="As plain text"),
        DocumentFormat("jsonl", _write_jsonl, words="Passage by passage (JSONL)", usage="a passage a line"),
        DocumentFormat("docx", _write_docx, kind="docx"),
        DocumentFormat("csv", _write_csv, kind="csv"),
        DocumentFormat("xlsx", _write_xlsx, kind="xlsx"),
    )
}


def offered_formats() -> list[DocumentFormat]:
    """Return the formats that the page and the command's help offer."""
    return [form for form in DOCUMENT_FORMATS.values() if form.words is not None]


def document_format(name: str) -> DocumentFormat:
    """Return the format called `name`.

    Raises:
        InputError: there is none.
    """
    check_choice("format", name, DOCUMENT_FORMATS)
    return DOCUMENT_FORMATS[name]
