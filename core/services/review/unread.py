"""What nobody looked at before an approval: counted, put into words, and confirmed in words by whoever approves anyway.

The words to type contain the figures, so that nobody confirms what they did not see, or what has grown since.
"""

from core.errors import Hint, InputError
from core.files import sha256_text
from core.privacy.replacement.masking import Masked, mask
from core.records import Document, Project, Span, Unread
from core.services.review.sampling import sample_of
from core.services.review.second_search import second_search_of
from core.storage import Workspace, find, get
from core.words import counted


def unread_of(workspace: Workspace, project: Project, document: Document, *, masked: Masked | None = None) -> Unread:
    """Count what nobody looked at in a document as it would be approved now; `masked` is that text, if it is at hand."""
    document = workspace.checked_document(document, "read documents")
    undecided = workspace.db.execute(
        "select count(*) from spans where document_id = ? and state = 'detected'", [document.id]
    ).fetchone()[0]
    size = get(workspace.db, Project, project.id).sample_size
    return Unread(
        undecided=undecided,
        unsampled=_unsampled(workspace, document, size),
        unsearched=int(not _is_searched_again(workspace, document, masked)),
    )


def is_all_read(workspace: Workspace, project: Project) -> bool:
    """Return whether documents of a project await approval, and nothing in it is or was approved unread."""
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    standing = {document.id: workspace.active_review(document.id) for document in documents}
    if any(review and review.unread for review in standing.values()):
        return False
    waiting = [document for document in documents if standing[document.id] is None]
    return bool(waiting) and not any(unread_of(workspace, project, document) for document in waiting)


def unread_words(unread: Unread) -> str:
    """Say what is unread: `95 spans undecided, 60 passages of the sample unread, second search not run on 1 document`."""
    said = (
        (unread.undecided, f"{counted(unread.undecided, 'span')} undecided"),
        (unread.unsampled, f"{counted(unread.unsampled, 'passage')} of the sample unread"),
        (unread.unsearched, f"second search not run on {counted(unread.unsearched, 'document')}"),
    )
    return ", ".join(words for number, words in said if number)


def unread_phrase(unread: Unread) -> str:
    """Return what a person types to approve anyway: `approve 95 spans, 60 passages and 1 text unread`."""
    kinds = ((unread.undecided, "span"), (unread.unsampled, "passage"), (unread.unsearched, "text"))
    # figures as people type them: 1204, where `counted` would write 1,204
    parts = [f"{number} {kind if number == 1 else kind + 's'}" for number, kind in kinds if number]
    listed = " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part) if parts else "nothing"
    return f"approve {listed} unread"


def check_confirmed(project: Project, unread: Unread, *, what: str, words: str) -> None:
    """Refuse to approve what nobody looked at, unless `words` confirm it with its figures.

    Raises:
        InputError: something is unread, and `words` are not its `unread_phrase`.
    """
    phrase = unread_phrase(unread)
    if unread and " ".join(words.split()).casefold() != phrase:
        raise InputError(
            f"{what} would be approved unread: {unread_words(unread)}.",
            Hint(
                f'Look at them first, or confirm it by typing exactly "{phrase}".',
                command=f'garrison review {project.name} approve … --unread "{phrase}" --as NAME',
            ),
        )


def _unsampled(workspace: Workspace, document: Document, size: int) -> int:
    """Count the passages of the sample still to be read: of this round, or else of the round that is due."""
    if not size:
        return 0
    sample = sample_of(workspace, document)
    if sample.is_settled:
        return 0
    return len(sample.unread_ids) or min(size, sample.unread_count)


def _is_searched_again(workspace: Workspace, document: Document, masked: Masked | None) -> bool:
    """Return whether the second search looked at exactly the text that would be approved now."""
    if second_search_of(workspace, document) is None:
        return False
    masked = masked or mask(workspace.text(document), find(workspace.db, Span, document_id=document.id, order="start"))
    return second_search_of(workspace, document, sha256_text(masked.text)) is not None
