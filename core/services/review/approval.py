"""From decided spans to an approved text: proposed by one person and, if two are needed, approved by another.

A proposal or approval is for exactly one text: it records the SHA-256, and any later change withdraws it. In a project with
the policy all-at-once, unread text may be approved by whoever confirms that in words (see `unread`).
"""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import Hint, InputError
from core.files import sha256_text
from core.privacy.replacement.masking import Masked, mask
from core.records import Document, Person, Project, Review, Span, Unread, new_id, now
from core.services.privacy.highest_marking import check_permitted
from core.services.questions.writing.reapproval import renew_pairs
from core.services.review.approved import masked_passages
from core.services.review.policy import needs_two, note_person
from core.services.review.sampling import sample_of
from core.services.review.second_search import second_search_of
from core.services.review.states import hint_for, open_points, point_words
from core.services.review.unread import check_confirmed, unread_of
from core.storage import Permitted, Workspace, find, get, transaction


def propose(workspace: Workspace, project: Project, document: Document, *, by: Person) -> Review:
    """Propose the anonymized text of one document as it is now; every span not rejected is masked.

    Proposing the same text again returns the standing proposal. What is unread is recorded with it.

    Raises:
        InputError: something is still open, the text is approved already, or the document was not read or not searched.
    """
    with transaction(workspace.db):
        document = get(workspace.db, Document, document.id)
        permitted = workspace.allowed("propose", document.project_id, by=by)
        masked = _masked(permitted, project, document)
        _check_settled(permitted, project, document, to_be="proposed")
        approved, standing = permitted.active_review(document.id), permitted.standing_proposal(document.id)
        if approved and _is_of(approved, document, masked):
            raise InputError(f"Document {document.id} is approved already.", "Nothing is left to do.")
        if standing and _is_of(standing, document, masked):
            return standing
        review = _proposal(permitted, project, document, masked, by=by)
        note_person(permitted, project.id, by)
        permitted.store_proposal(review)
    return review


def approve(workspace: Workspace, project: Project, document: Document, *, by: Person, unread: str = "") -> Review:
    """Approve the anonymized text of one document as it is now.

    If two people are needed, a proposal by somebody else must stand; otherwise the proposal is made with the approval.
    Approving the same text again under the same name changes nothing.

    Args:
        workspace: the workspace that holds the document.
        project: the document's project.
        document: the document to approve.
        by: the person who approves.
        unread: `unread_phrase` of what nobody looked at, if the project's policy allows it to be approved.

    Raises:
        InputError: the proposer may not approve, no proposal stands, something is still open or unread, or the document
            belongs to another project, or was not read or not searched.
    """
    with transaction(workspace.db):
        document, permitted = workspace.allowed_on(document, "approve", by=by)
        permitted.remove_unapproved(document.project_id)
        is_stale = False
        if permitted.standing_proposal(document.id):  # a dropped proposal stays dropped if the approval is refused
            is_stale = _drop_stale(permitted, document, _masked(permitted, project, document), by=by)
    with transaction(permitted.db):
        if is_stale and needs_two(permitted, project, by=by):
            raise InputError(
                f"The anonymized text of document {document.id} is not the one that was proposed; the proposal was dropped.",
                Hint(
                    "Look at it and propose it again.",
                    command=f"garrison review {project.name} propose {document.id} --as NAME",
                ),
            )
        return _approve_each(permitted, project, [document], by=by, words=unread)[0]


def _is_of(review: Review, document: Document, masked: Masked) -> bool:
    """Return whether a proposal or approval is for the text as it is now."""
    return (review.text_sha256, review.anonymized_sha256) == (document.text_sha256, sha256_text(masked.text))


def _drop_stale(permitted: Permitted, document: Document, masked: Masked, *, by: Person) -> bool:
    """Withdraw a proposal for another text than `masked`, the one to approve now; return whether there was one."""
    proposed = permitted.standing_proposal(document.id)
    is_stale = proposed is not None and not _is_of(proposed, document, masked)
    if is_stale:
        permitted.withdraw_approval(document.id, reason="the text is not the one that was proposed", actor=by.name)
    return is_stale


def _approve_each(
    permitted: Permitted, project: Project, documents: Sequence[Document], *, by: Person, words: str
) -> list[Review]:
    """Approve all of these documents or none, inside a transaction; `words` confirm what is unread in all of them."""
    chosen = [get(permitted.db, Document, document.id) for document in documents]
    unread = sum((_left_unread(permitted, project, document, by=by) for document in chosen), Unread())
    what = f"Document {chosen[0].id}" if len(chosen) == 1 else f"What is not approved yet in {project.name}"
    check_confirmed(project, unread, what=what, words=words)
    return [_approve(permitted, project, document, by=by) for document in chosen]


def _left_unread(permitted: Permitted, project: Project, document: Document, *, by: Person) -> Unread:
    """Count what is unread in a document that would be approved anew; nothing if its approval stands."""
    masked = _masked(permitted, project, document)
    if _standing(permitted, document, masked, by=by):
        return Unread()
    if needs_two(permitted, project, by=by):
        _check_second(project, document, permitted.standing_proposal(document.id), by=by)
    _check_settled(permitted, project, document, to_be="approved")
    return unread_of(permitted, project, document, masked=masked)


def _standing(permitted: Permitted, document: Document, masked: Masked, *, by: Person) -> Review | None:
    """Return the approval of exactly this text by this person; None if they would have to approve it anew."""
    approved = permitted.active_review(document.id)
    return approved if approved and _is_of(approved, document, masked) and _is_by(approved, by) else None


def _approve(permitted: Permitted, project: Project, document: Document, *, by: Person) -> Review:
    """Approve one document, inside a transaction; what is unread must be confirmed before."""
    masked = _masked(permitted, project, document)
    if approved := _standing(permitted, document, masked, by=by):
        return approved
    _drop_stale(permitted, document, masked, by=by)
    proposed = permitted.standing_proposal(document.id)
    if needs_two(permitted, project, by=by):
        _check_second(project, document, proposed, by=by)
    current = _proposal(permitted, project, document, masked, by=by)
    if proposed is None:
        proposed = current
        permitted.store_proposal(proposed)
    review = replace(
        current,  # with the current figures: a sample may have been read since the proposal
        id=proposed.id,
        proposer=proposed.proposer,
        proposer_id=proposed.proposer_id,
        reviewer=by.name,
        reviewer_id=by.id,
        is_authenticated=proposed.is_authenticated and by.is_authenticated,
        state="approved",
        created_at=now(),
    )
    note_person(permitted, project.id, by)
    passages = masked_passages(permitted.text(document), masked, permitted.passages(document))
    permitted.store_approval(document, review, text=masked.text, passages=passages)
    renew_pairs(permitted, document, actor=by.name)
    return review


def approve_all(workspace: Workspace, project: Project, *, by: Person, unread: str = "") -> list[Review]:
    """Approve every readable document of a project whose policy allows it; all or none.

    `unread` is `unread_phrase` of what nobody looked at in all of them.

    Raises:
        InputError: the policy asks for each document, there is no document, one was not searched, or as in `approve`.
    """
    project = get(workspace.db, Project, project.id)
    permitted = workspace.allowed("approve", project.id, by=by)
    if project.policy != "all-at-once":
        raise InputError(
            f"{project.name} has the policy {project.policy}: nothing is approved all at once.",
            Hint(
                "Approve each document, or make a project in which all may be approved at once.",
                command=f"garrison review {project.name} approve DOCUMENT --as NAME, or "
                "garrison project create NAME --policy all-at-once",
            ),
        )
    with transaction(permitted.db):
        documents = find(permitted.db, Document, project_id=project.id, state="read")
        if not documents:
            raise InputError(f"{project.name} has no readable document to approve.", "Add documents first.")
        permitted.remove_unapproved(project.id)
        return _approve_each(permitted, project, documents, by=by, words=unread)


def unread_in(workspace: Workspace, project: Project, *, by: Person) -> Unread:
    """Count what is unread in all documents that `approve_all` would approve anew.

    Raises:
        InputError: as in `approve_all`.
    """
    permitted = workspace.allowed("approve", project.id, by=by)
    documents = find(permitted.db, Document, project_id=project.id, state="read")
    return sum((_left_unread(permitted, project, document, by=by) for document in documents), Unread())


def return_(workspace: Workspace, document: Document, *, comment: str, by: Person) -> Review:
    """Send a proposal back with a comment, which the page shows to whoever continues.

    Raises:
        InputError: no proposal stands, or the comment is empty.
    """
    document, permitted = workspace.allowed_on(document, "approve", by=by)
    if not comment.strip():
        raise InputError("A proposal is returned with a comment.", "Write in a few words what should be looked at again.")
    with transaction(permitted.db):
        standing = permitted.standing_proposal(document.id)
        if standing is None:
            raise InputError(f"No proposal stands for document {document.id}.", "There is nothing to return.")
        returned = replace(
            standing,
            state="returned",
            reason=comment.strip(),
            reviewer=by.name,
            reviewer_id=by.id,
            is_authenticated=standing.is_authenticated and by.is_authenticated,
        )
        note_person(permitted, document.project_id, by)
        permitted.store_return(returned)
    return returned


def withdraw(workspace: Workspace, document: Document, *, reason: str, by: Person) -> None:
    """Withdraw the approval or proposal of a document, if it has one.

    Raises:
        InputError: the reason is empty.
    """
    document, permitted = workspace.allowed_on(document, "withdraw", by=by)
    if not reason.strip():
        raise InputError("A withdrawal needs a reason.", "Write in a few words why the approval no longer holds.")
    with transaction(permitted.db):
        note_person(permitted, document.project_id, by)
        permitted.withdraw_approval(document.id, reason=f"{by.name}: {reason.strip()}", actor=by.name)


def _check_settled(workspace: Workspace, project: Project, document: Document, *, to_be: str) -> None:
    if points := open_points(workspace, project, document):
        raise InputError(
            f"Document {document.id} cannot be {to_be}: {point_words(points[0])}", hint_for(project, document, points[0])
        )


def _is_by(review: Review, person: Person) -> bool:
    # approvals from before people had ids hold only a name
    return review.reviewer == person.name if review.reviewer_id is None else review.reviewer_id == person.id


def _check_second(project: Project, document: Document, proposed: Review | None, *, by: Person) -> None:
    if proposed is None:
        raise InputError(
            f"{project.name} needs two persons: document {document.id} must be proposed before another person approves it.",
            Hint(
                "Propose it, then ask another person to approve it.",
                command=f"garrison review {project.name} propose {document.id} --as NAME",
            ),
        )
    if proposed.proposer_id == by.id:
        raise InputError(
            f"{project.name} needs two persons: who proposed document {document.id} cannot approve it.",
            "Ask another person to look at it and approve it.",
        )


def _proposal(workspace: Workspace, project: Project, document: Document, masked: Masked, *, by: Person) -> Review:
    if document.text_sha256 is None:
        raise ValueError("a document without a text has nothing to mask")
    anonymized_sha256 = sha256_text(masked.text)
    sample = sample_of(workspace, document)
    second = second_search_of(workspace, document, anonymized_sha256)
    return Review(
        id=new_id("review"),
        document_id=document.id,
        reviewer=None,
        is_authenticated=by.is_authenticated,
        proposer=by.name,
        proposer_id=by.id,
        text_sha256=document.text_sha256,
        anonymized_sha256=anonymized_sha256,
        span_count=len(masked.edits),
        sampled=sample.read,
        missed=sample.missed,
        unread_count=sample.unread_count,
        second_found=len(second.places) if second else None,
        second_detector=second.detector if second else None,
        unread=unread_of(workspace, project, document, masked=masked),
        state="proposed",
        created_at=now(),
    )


def _masked(workspace: Workspace, project: Project, document: Document) -> Masked:
    """Return the text as it would be approved, after checking that it is the one in which personal data was looked for.

    Raises:
        InputError: the document is of another project, was not read or not searched, or its stored text was changed.
    """
    if document.project_id != project.id:
        raise InputError(f"Document {document.id} does not belong to {project.name}.", "Choose a document of this project.")
    if document.state != "read":
        raise InputError(
            f"Document {document.id} could not be read, so there is nothing to approve.", "Add a readable copy."
        )
    if not document.is_analyzed:
        raise InputError(
            f"Personal data was not looked for in document {document.id} yet.",
            Hint("Find personal data on the page Documents first.", command=f"garrison anonymize {project.name}"),
        )
    check_permitted(workspace, document)
    text = workspace.text(document)
    if sha256_text(text) != document.text_sha256:
        raise InputError(
            f"The stored text of document {document.id} is not the one that was searched.", "Remove it and add it again."
        )
    return mask(text, find(workspace.db, Span, document_id=document.id, order="start"))
