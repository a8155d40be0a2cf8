"""Export of anonymized documents as files: exactly what was approved, and nothing else.

Both the command line and the Documents page use this module. Every file is checked for masked values before any of them
is released.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.documents import CopiedFile
from core.errors import Hint, InputError
from core.files import folder_atomic, sha256_file, sha256_text, write_atomic
from core.records import Document, Project, Review
from core.services.documents.document_formats import Approved, document_format
from core.services.review import risk_of, unread_risk
from core.services.review.approved import MaskedValues, approved_masking
from core.storage import Workspace, audit, find, rights, transaction
from core.words import counted


@dataclass(frozen=True, slots=True)
class DocumentExport:
    """Names of the written files, how many items of each kind were left out of them, and how many lost their layout.

    `as_text` counts Word, Excel and CSV files exported as plain text because their layout could not be kept; `unread` is a
    sentence saying who approved documents unread, None if nobody did.
    """

    files: tuple[str, ...]
    left_out: dict[str, int]
    as_text: int = 0
    unread: str | None = None

    @property
    def note(self) -> str:
        """What was left out or lost its layout, as text; "" if nothing was."""
        plain = f"{self.as_text} given as plain text: the layout could not be kept" if self.as_text else ""
        return "; ".join(filter(None, (left_out_words(self.left_out), plain)))


@dataclass(frozen=True, slots=True)
class _Written:
    review: Review
    name: str
    sha256: str
    left_out: Mapping[str, int]


def left_out_words(left_out: dict[str, int]) -> str:
    """Describe what was left out, such as "3 pictures and 1 comment were left out"; "" if nothing was."""
    parts = [counted(number, kind) for kind, number in left_out.items() if number]
    if not parts:
        return ""
    joined = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"{joined} {'was' if sum(left_out.values()) == 1 else 'were'} left out"


def exportable_documents(workspace: Workspace, project: Project) -> list[Document]:
    """Return the documents of `project` with a valid approval, in the order in which they were added."""
    documents = find(workspace.db, Document, project_id=project.id, state="read", order="created_at, rowid")
    return [document for document in documents if workspace.active_review(document.id)]


def export_documents(
    workspace: Workspace, documents: Sequence[Document], target: Path, *, format: str = "same"
) -> DocumentExport:
    """Write the anonymized text of approved documents to the new folder `target`, with `SHA256SUMS` and a README.

    Files are named after the document's id, because the original name may contain a person's name. The format "same" keeps
    Word, Excel and CSV files in their own format and writes all others as plain text.

    Raises:
        InputError: the format is unknown; there is no document, or one that is not approved or of another kind; `target`
            is not empty or its parent folder does not exist; or a file would still contain a masked value.
        SetupError: the disk is full or read-only.
    """
    for project_id in {document.project_id for document in documents}:
        rights.check(workspace.db, "export", project_id)
    chosen = document_format(format)
    if not documents:
        raise InputError("There is no approved document to export.", "Review and approve documents first.")
    if not target.absolute().parent.is_dir():
        raise InputError(f"There is no folder {target.parent}.", "Make it first, or choose another.")
    left_out: Counter[str] = Counter()
    as_text = 0
    with folder_atomic(target) as folder:
        written: list[_Written] = []
        for document in {document.id: document for document in documents}.values():
            approved = Approved(document, *approved_masking(workspace, document))
            chosen.check(document)
            file = chosen.write(workspace, approved, folder)
            as_text += file.is_plain
            _check_nothing_survives(approved, file.copied)
            left_out.update(file.copied.left_out)
            written.append(_Written(approved.review, file.path.name, sha256_file(file.path), file.copied.left_out))
        unread = unread_risk(risk_of(entry.review for entry in written))
        readme = _readme(left_out, unread=unread)
        write_atomic(folder / "README.txt", readme)
        sums = "".join(f"{entry.sha256}  {entry.name}\n" for entry in written) + f"{sha256_text(readme)}  README.txt\n"
        write_atomic(folder / "SHA256SUMS", sums)
        _record(workspace, written)  # before the files appear: an entry without a file is better than the reverse
    return DocumentExport(tuple(entry.name for entry in written), dict(left_out), as_text, unread)


def _record(workspace: Workspace, written: Sequence[_Written]) -> None:
    """Append an audit log entry for each file, provided that every approval is still valid.

    Raises:
        InputError: an approval was withdrawn while the files were being written.
    """
    with transaction(workspace.db):
        for file in written:
            if workspace.active_review(file.review.document_id) != file.review:
                raise InputError(
                    f"The approval of document {file.review.document_id} was withdrawn meanwhile.",
                    "Review and approve again.",
                )
            audit.append_for(
                workspace.db,
                file.review.document_id,
                "documents exported",
                subjects={"review": file.review.id},
                hashes={"anonymized": file.review.anonymized_sha256, "export": file.sha256},
                counts={"masked": file.review.span_count} | dict(file.left_out),
            )


def _check_nothing_survives(approved: Approved, copied: CopiedFile) -> None:
    """Check all strings in a file for masked values.

    Raises:
        InputError: the file still contains one; nothing is exported then.
    """
    values = MaskedValues(approved.text, approved.masked)
    number = sum(map(values.stand_in, copied.strings))
    if number:
        raise InputError(
            f"In {number} places of the file for document {approved.document.id} something masked would still stand, so "
            "nothing was written.",
            Hint("Export it as plain text.", command="--format txt"),
        )


def _readme(left_out: dict[str, int], *, unread: str | None) -> str:
    words = left_out_words(left_out)
    return (
        (f"{unread}\n\n" if unread else "") + "These are anonymized documents, exported by Garrison.\n\n"
        "Each file is called after the id of its document. Personal data was replaced by invented values as approved\n"
        "in the review; the audit log says by whom and when. Word and Excel files hold only what was read and reviewed:\n"
        "pictures, comments, tracked changes, embedded objects, links, formulas and document properties are not in them.\n"
        + (f"From these files {words}.\n" if words else "")
        + "\nTo check that no file was changed: sha256sum -c SHA256SUMS\n"
    )
