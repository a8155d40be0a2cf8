"""The rule that nothing unreviewed is trained on: which question pairs may be, and in which form."""

from collections.abc import Iterable
from dataclasses import replace

from core.errors import Hint, InputError
from core.questions.as_text import from_text
from core.records import Document, Passage, Project, QuestionPair, Review
from core.storage import Workspace, find, get, rights


def reviewed_pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return the kept pairs from text with a valid approval; imported ones in their approved, anonymized form.

    Raises:
        InputError: there are none, and why.
    """
    kept = find(workspace.db, QuestionPair, project_id=project.id, state="kept", order="created_at, rowid")
    if not kept:
        raise InputError(
            f"{project.name} has no question pairs.",
            Hint("Have some written on the page Questions.", command=f"garrison questions generate {project.name}"),
        )
    approved: dict[str, tuple[Review | None, dict[str, Passage]]] = {}
    for document_id in {pair.document_id for pair in kept}:
        review, passages = workspace.approved_passages(get(workspace.db, Document, document_id))
        approved[document_id] = review, {passage.id: passage for passage in passages}
    usable = [pair for given in kept if (pair := _reviewed(given, *approved[given.document_id]))]
    if not usable:
        is_approved_again = any(pair.review_id is not None and approved[pair.document_id][0] is not None for pair in kept)
        raise InputError(
            f"None of the {len(kept)} pairs of {project.name} comes from a document whose approval stands.",
            _rewrite(project) if is_approved_again else _review(project),
        )
    return usable


def _rewrite(project: Project) -> Hint:
    return Hint(
        "It was approved again since they were written; have them written again on the page Questions.",
        command=f"garrison questions generate {project.name}",
    )


def _review(project: Project) -> Hint:
    return Hint(
        "Review it on the page Review, then approve it.",
        command=f"garrison review {project.name} approve DOCUMENT --as NAME",
    )


def approvals_of(workspace: Workspace, pairs: Iterable[QuestionPair]) -> list[Review]:
    """Return the approvals that pairs come from, each once."""
    return [
        get(workspace.db, Review, review_id) for review_id in {pair.review_id for pair in pairs} if review_id is not None
    ]


def reviewed_form(workspace: Workspace, pair: QuestionPair) -> QuestionPair | None:
    """Return a pair as it may be trained on, one that was brought in anonymized; None if its approval does not stand."""
    rights.check(workspace.db, "read documents", pair.project_id)
    review, passages = workspace.approved_passages(get(workspace.db, Document, pair.document_id))
    return _reviewed(pair, review, {passage.id: passage for passage in passages})


def _reviewed(pair: QuestionPair, review: Review | None, passages: dict[str, Passage]) -> QuestionPair | None:
    """Return the pair as it may be trained on, imported ones anonymized; None unless it belongs to the valid approval."""
    if review is None:
        return None
    if pair.origin != "imported":
        return pair if pair.review_id == review.id else None
    passage = None if pair.passage_id is None else passages.get(pair.passage_id)
    anonymized = from_text(passage.text) if passage else None
    if passage is None or anonymized is None:
        return None
    question, answer = anonymized
    return replace(
        pair,
        input=question,
        output=answer,
        review_id=review.id,
        quote=answer,  # the imported quote is not anonymized
        quote_start=passage.end - len(answer),
        quote_end=passage.end,
    )
