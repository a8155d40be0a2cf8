"""A document that is approved again keeps the question pairs whose text reads as before."""

from dataclasses import dataclass

from core.questions.reapproval import ApprovedText, renewed, renewed_preferences, renewed_texts, unchanged_passages
from core.records import Document, Preference, QuestionPair, Review, WrittenText
from core.storage import Permitted, audit, find, transaction


@dataclass(frozen=True, slots=True)
class Renewal:
    """How many pairs of a document hold for its new approval, and how many of an earlier one do not: `outdated`."""

    renewed: int = 0
    outdated: int = 0


def renew_pairs(permitted: Permitted, document: Document, *, actor: str | None = None) -> Renewal:
    """Carry the pairs of a document's earlier approvals over to its current one, with their evidence where it stands now.

    Pairs whose text changed stay as they are, so that they count as outdated. Imported pairs are left alone: they are read
    anew from each approved text. What was carried over is recorded in the audit log; `actor` is the name of who approved.
    """
    with transaction(permitted.db):
        review = permitted.active_review(document.id)
        earlier = _earlier_reviews(permitted, document, review) if review else []
        if review is None or not earlier:
            return Renewal()
        after = _text_of(permitted, document, review)
        each = [_renew(permitted, document, _text_of(permitted, document, before), after) for before in earlier]
        total = Renewal(sum(part.renewed for part in each), sum(part.outdated for part in each))
        if total.renewed:
            audit.append_for(
                permitted.db,
                document.id,
                "question pairs carried over",
                actor=actor,
                subjects={"review": review.id},
                hashes={"anonymized": review.anonymized_sha256},
                counts={"carried over": total.renewed, "outdated": total.outdated},
            )
    return total


def _earlier_reviews(permitted: Permitted, document: Document, current: Review) -> list[Review]:
    """Return the earlier reviews whose text something was written from that does not name the current one yet."""
    rows = permitted.db.execute(
        "select review_id from pairs where document_id = ? and origin <> 'imported'"
        " union select review_id from texts where document_id = ? and job_id is null"
        " union select review_id from preferences where document_id = ?"
        " union select review_id from written_passages where document_id = ? and pairs is null",
        [document.id] * 4,
    )
    named = {row["review_id"] for row in rows}
    return [
        review
        for review in find(permitted.db, Review, document_id=document.id)
        if review.id in named - {current.id} and permitted.anonymized_path(document.project_id, review.id).exists()
    ]


def _text_of(permitted: Permitted, document: Document, review: Review) -> ApprovedText:
    return ApprovedText(
        review_id=review.id,
        text=permitted.anonymized_text(document.project_id, review),
        passages=permitted.passages_of(document.project_id, review),
    )


def _renew(permitted: Permitted, document: Document, before: ApprovedText, after: ApprovedText) -> Renewal:
    """Carry over what was written from one earlier approval."""
    stored = find(permitted.db, QuestionPair, document_id=document.id, review_id=before.review_id)
    pairs = [pair for pair in stored if pair.origin != "imported"]
    held = {pair.id: pair for pair in renewed(pairs, before=before, after=after)}
    permitted.db.executemany(
        "update pairs set review_id = ?, passage_id = ?, page = ?, quote_start = ?, quote_end = ? where id = ?",
        [(p.review_id, p.passage_id, p.page, p.quote_start, p.quote_end, p.id) for p in held.values()],
    )
    _renew_preferences(permitted, document, before, after)
    changed = {pair.passage_id for pair in pairs if pair.id not in held} | _renew_texts(permitted, document, before, after)
    unchanged = {id for id, passage in unchanged_passages(before, after).items() if id == passage.id}
    written = [(after.review_id, before.review_id, passage_id) for passage_id in unchanged - changed]
    permitted.db.executemany(  # so that these passages are not written anew
        "update or ignore written_passages set review_id = ? where review_id = ? and passage_id = ? and pairs is null",
        written,
    )
    return Renewal(renewed=len(held), outdated=sum(pair.state == "kept" and pair.id not in held for pair in pairs))


def _renew_texts(permitted: Permitted, document: Document, before: ApprovedText, after: ApprovedText) -> set[str]:
    """Carry over the texts for continued training; return the ids of passages with a text that does not hold."""
    texts = find(permitted.db, WrittenText, document_id=document.id, review_id=before.review_id, job_id=None)
    held = {text.id: text for text in renewed_texts(texts, before=before, after=after)}
    permitted.db.executemany(
        "update texts set review_id = ?, passage_id = ? where id = ?",
        [(text.review_id, text.passage_id, text.id) for text in held.values()],
    )
    return {text.passage_id for text in texts if text.id not in held}


def _renew_preferences(permitted: Permitted, document: Document, before: ApprovedText, after: ApprovedText) -> None:
    """Carry over the preferences that were made of feedback and votes."""
    stored = find(permitted.db, Preference, document_id=document.id, review_id=before.review_id)
    permitted.db.executemany(
        "update preferences set review_id = ?, passage_id = ? where id = ?",
        [(each.review_id, each.passage_id, each.id) for each in renewed_preferences(stored, before=before, after=after)],
    )
