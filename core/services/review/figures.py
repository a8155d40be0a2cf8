"""What an approval says about what may have been missed: an upper bound from the sample, and what a second search found.

Neither is a promise. The bound is about passages in which nothing was found; it says nothing about text beside a span, and
counts what readers saw. The second search finds what the first overlooked, and misses what both overlook.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from core.intervals import wilson
from core.records import Review, Unread
from core.services.review.unread import unread_words
from core.words import counted, share_words

Z_95 = 1.959964  # .975 quantile of the standard normal distribution


def upper_bound(missed: int, read: int) -> float:
    """Return the upper end of the two-sided 95 % Wilson interval for the share of passages that hold something, 0 to 1.

    Two-sided, and without a correction for small documents: both err on the safe side. 1 if nothing was read.
    """
    return wilson(missed, read, z=Z_95)[1]


def bound_of(review: Review) -> float:
    """Return the bound that an approval records: 0 if every passage without a span was read, 1 if none was."""
    return 0.0 if review.unread_count == 0 else upper_bound(review.missed, review.sampled)


def risk_of(reviews: Iterable[Review]) -> dict[str, Any]:
    """Summarize both figures over several approvals, and what was approved unread.

    The result counts `documents`, how many of them are `unsampled` or `unsearched`, passages `sampled` and `missed`, and
    places `second_found`; `bound` is the weakest one, 0 to 1. Its `unread` holds `documents`, `by` (names) and the counts of
    `Unread`; None if nothing is known to have been approved unread.
    """
    given = list(reviews)
    unread = [review for review in given if review.unread]
    left = sum((review.unread for review in unread if review.unread), Unread())
    names = {review.reviewer for review in unread if review.reviewer is not None}
    by = {"documents": len(unread), "by": sorted(names)}
    second_found = [review.second_found for review in given if review.second_found is not None]
    return {
        "unread": by | asdict(left) if unread else None,
        "documents": len(given),
        "unsampled": sum(review.sampled == 0 and review.unread_count != 0 for review in given),
        "sampled": sum(review.sampled for review in given),
        "missed": sum(review.missed for review in given),
        "bound": round(max((bound_of(review) for review in given), default=1.0), 6),
        "unsearched": len(given) - len(second_found),
        "second_found": sum(second_found),
    }


def unread_sentence(review: Review) -> str | None:
    """Return a sentence on what was approved unread and by whom; None if nothing was."""
    return f"Approved unread by {review.reviewer}: {unread_words(review.unread)}." if review.unread else None


def unread_risk(risk: dict[str, Any]) -> str | None:
    """Return a sentence on what was approved unread in several documents, from `risk_of`'s result; None if nothing was."""
    left = risk.get("unread")
    if not left:
        return None
    counts = Unread(undecided=left["undecided"], unsampled=left["unsampled"], unsearched=left["unsearched"])
    share = "" if left["documents"] == risk["documents"] else f" in {left['documents']:,} of {risk['documents']:,} documents"
    return f"Approved unread by {' and '.join(left['by'])}{share}: {unread_words(counts)}."


def approval_words(risk: dict[str, Any]) -> tuple[str, ...]:
    """Return sentences on how several documents were approved: first what was unread, if anything, then both figures."""
    unread = unread_risk(risk)
    return ((unread,) if unread else ()) + risk_words(risk)


def sample_words(review: Review) -> str:
    """Describe the sample's result in a sentence."""
    missed = "none missed" if review.missed == 0 else f"{review.missed} held something that was missed"
    if review.unread_count == 0:
        if review.sampled == 0:
            return "No passage is without a finding, so there was nothing to sample."
        return f"All {counted(review.sampled, 'passage')} in which nothing was found were read, {missed}."
    if review.sampled == 0:
        return "No sample was read: the share of missed passages is unknown."
    bound, read = share_words(upper_bound(review.missed, review.sampled)), counted(review.sampled, "passage")
    return f"Of {read} read, {missed}: with 95 % confidence fewer than {bound} of such passages still hold something."


def second_words(review: Review) -> str:
    """Describe the second search's result in a sentence."""
    if review.second_found is None:
        return "The anonymized text was not searched a second time."
    if review.second_found == 0:
        return "The second search found nothing in the anonymized text that looks like personal data."
    places = counted(review.second_found, "place that looks", "places that look")
    return f"The second search found {places} like personal data in the anonymized text."


def risk_words(risk: dict[str, Any]) -> tuple[str, ...]:
    """Describe both figures over several documents in sentences.

    If `risk` is empty, as in old dataset versions, a single sentence says that nothing was estimated.
    """
    if not risk:
        return ("What may have been missed was not estimated when this was made.",)
    documents = "the document" if risk["documents"] == 1 else f"the {risk['documents']:,} documents"
    if risk["unsampled"]:
        share = f" for {risk['unsampled']:,} of {documents}" if risk["unsampled"] < risk["documents"] else ""
        sample = f"No sample was read{share}: the share of missed passages is unknown."
    elif risk["bound"] == 0:
        sample = f"Every passage of {documents} in which nothing was found was read."
    else:
        bound = share_words(risk["bound"])
        weakest = "" if risk["documents"] == 1 else " in the weakest document"
        sample = (
            f"Of {counted(risk['sampled'], 'passage')} read before approval, {risk['missed'] or 'none'} missed: with "
            f"95 % confidence fewer than {bound} of such passages{weakest} still hold something."
        )
    if risk["unsearched"]:
        second = f"{risk['unsearched']:,} of {documents} not searched a second time."
        if risk["unsearched"] == risk["documents"]:
            second = "The anonymized text was not searched a second time."
    else:
        places = counted(risk["second_found"], "place that looks", "places that look")
        second = f"The second search found {places if risk['second_found'] else 'no places that look'} like personal data."
    return sample, second
