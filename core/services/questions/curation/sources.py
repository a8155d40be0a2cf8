"""The approved passage that a question pair comes from, or is to come from, and what must not be brought back into it."""

import re
from dataclasses import dataclass

from core.errors import InputError
from core.language.name_particles import OF_PEOPLE
from core.privacy.detection.propagation import stands_alone
from core.privacy.replacement.masking import is_masked
from core.privacy.text.english import is_english
from core.privacy.text.normalization import fold
from core.privacy.text.vocabulary import small_words
from core.questions.said_values import Original
from core.records import Document, Passage, QuestionPair, Span
from core.services.questions.trainable import reviewed_form
from core.storage import Permitted, find, get


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedPassage:
    """A passage of an approved, anonymized text: characters `start` to `end` of `text`."""

    document: Document
    review_id: str
    passage_id: str | None
    page: str
    text: str  # of the whole document
    start: int
    end: int

    @property
    def words(self) -> str:
        """The passage itself."""
        return self.text[self.start : self.end]


def passage_of(permitted: Permitted, document_id: str, passage_id: str) -> ApprovedPassage:
    """Return a passage as the standing approval of its document has it.

    Raises:
        InputError: the document is not approved, or has no such passage.
    """
    document = get(permitted.db, Document, document_id)
    review, passages = permitted.approved_passages(document)
    passage = next((each for each in passages if each.id == passage_id), None)
    if review is None or passage is None:
        raise _not_approved()
    text = permitted.anonymized_text(document.project_id, review)
    return _passage(document, review.id, passage, text)


def source_of_edit(permitted: Permitted, pair: QuestionPair) -> ApprovedPassage:
    """Return the approved passage that a pair must be proved by when it is edited.

    Raises:
        InputError: the text that it comes from is not approved, or not any more.
    """
    if pair.review_id is None:
        if pair.passage_id is None:
            raise _not_approved()
        return passage_of(permitted, pair.document_id, pair.passage_id)
    document = get(permitted.db, Document, pair.document_id)
    path = permitted.anonymized_path(pair.project_id, pair.review_id)
    if not path.exists():
        raise _not_approved()
    text = path.read_bytes().decode()  # as stored: offsets count characters of exactly this text
    row = permitted.db.execute(
        "select start, end from approved_passages where review_id = ? and passage_id = ?", [pair.review_id, pair.passage_id]
    ).fetchone()
    start, end = (row["start"], row["end"]) if row else (0, len(text))
    return ApprovedPassage(
        document=document, review_id=pair.review_id, passage_id=pair.passage_id, page=pair.page, text=text,
        start=start, end=end,
    )  # fmt: skip


def approved_form(permitted: Permitted, pair: QuestionPair) -> QuestionPair:
    """Return a pair as people may work on it: one that was brought in, as its approved, anonymized text has it.

    Raises:
        InputError: it was brought in and is not approved yet.
    """
    if pair.origin != "imported":
        return pair
    approved = reviewed_form(permitted, pair)
    if approved is None:
        raise _not_approved()
    return approved


def originals_of(permitted: Permitted, document: Document, *, said: str) -> list[Original]:
    """Return the values in a document that its anonymized text replaces, each once, and the parts of names that tell.

    A part of a person's name tells by itself who is meant if propagation would mask it alone (`stands_alone`): "Plinth", but
    not "May", "Bank" or "de", nor a word that the document writes in lower case as well. One that is an English word, too,
    is looked for with a capital letter alone.

    Args:
        permitted: the workspace.
        document: whose values they are.
        said: where they will be looked for; what has no word in it is left out.
    """
    text, everything = permitted.text(document), fold(said)
    spans = [span for span in find(permitted.db, Span, document_id=document.id) if is_masked(span)]
    values = dict.fromkeys(text[span.start : span.end] for span in spans)
    near = [value for value in values if _may_stand_in(value, everything)]
    people = dict.fromkeys(text[span.start : span.end] for span in spans if span.entity == "PERSON")
    parts = {part for value in people for part in _name_parts(value) if fold(part) in everything}
    common = small_words(text) if parts else frozenset[str]()
    told = sorted(part for part in parts.difference(values) if stands_alone(part, common))
    return [*map(Original, near), *(Original(part, is_also_a_word=is_english(part)) for part in told)]


def _name_parts(value: str) -> list[str]:
    """Return the words of a name of several, without particles."""
    parts = re.findall(r"[^\W_]+", value)
    return [part for part in parts if part.casefold() not in OF_PEOPLE] if len(parts) > 1 else []


def _may_stand_in(value: str, everything: str) -> bool:
    """Return whether the first word of a value stands in folded texts: quick, so that few values are looked for."""
    first = re.search(r"[^\W_]+", fold(value))
    return (first.group() if first else fold(value)) in everything


def _passage(document: Document, review_id: str, passage: Passage, text: str) -> ApprovedPassage:
    return ApprovedPassage(
        document=document, review_id=review_id, passage_id=passage.id, page=passage.page, text=text,
        start=passage.start, end=passage.end,
    )  # fmt: skip


def _not_approved() -> InputError:
    return InputError(
        "The text that this pair comes from is not approved.", "Review and approve its document on the page Review first."
    )
