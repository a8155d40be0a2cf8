"""Question pairs that a person writes: edited, added, split in two, or merged into one.

Whatever a person wrote is searched for personal data and held against the approved text before it is kept.
"""

from dataclasses import dataclass, replace

from core.errors import InputError
from core.privacy import Detector
from core.questions.evidence import find_evidence
from core.questions.filters import LEFT_OVER, NOT_FOUND
from core.questions.hand_written import personal_data_in, proof_of
from core.records import Detection, Person, Project, QuestionPair, new_id
from core.services.questions.curation.acting import Act, acting
from core.services.questions.curation.sources import (
    ApprovedPassage,
    approved_form,
    originals_of,
    passage_of,
    source_of_edit,
)
from core.storage import Permitted, Workspace, get
from core.storage.pairs import acts

LONGEST = 20_000  # characters of a question or an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question and its answer as a person wrote them."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWording:
    """A wording without outer blanks, and what the detector found in its `text`."""

    question: str
    answer: str
    detections: tuple[Detection, ...]

    @property
    def text(self) -> str:
        """Question and answer, as the detector read them."""
        return f"{self.question}\n{self.answer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an added pair comes from: a passage of a document, and the words there that prove it, if they were chosen."""

    document_id: str
    passage_id: str
    quote: str = ""


def edit(
    workspace: Workspace, pair: QuestionPair, wording: Wording, *, detector: Detector, by: Person | None = None
) -> QuestionPair:
    """Store what a person wrote in place of a pair's question and answer, and keep the pair if nothing speaks against it.

    A pair that was brought in becomes one written by hand: its document goes on saying what was brought in.

    Returns:
        The pair as it is stored now: dropped, with the reason, if it holds personal data or its source does not prove it.

    Raises:
        InputError: question or answer is empty, or the text it comes from is not approved.
    """
    read = read_wording(wording, detector)
    with acting(workspace, pair.project_id, "question pair edited", by=by) as act:
        stored = get(act.permitted.db, QuestionPair, pair.id)
        source = source_of_edit(act.permitted, stored)
        edited = _written(act, approved_form(act.permitted, stored), read, source=source)
        acts.edit_pair(act.permitted, act.record, stored, edited)
        return edited


def add(
    workspace: Workspace,
    project: Project,
    place: Place,
    wording: Wording,
    *,
    detector: Detector,
    by: Person | None = None,
) -> QuestionPair:
    """Add a pair that a person wrote about an approved passage; it is checked and kept or dropped as an edited one.

    Raises:
        InputError: question or answer is empty, the document is not approved, or the quote does not stand in the passage.
    """
    read = read_wording(wording, detector)
    with acting(workspace, project.id, "question pair added", by=by) as act:
        source = passage_within(act.permitted, project.id, place)
        start, end = _quoted(place.quote, source)
        blank = blank_pair(source, at=act.record.at)
        blank = replace(blank, quote=source.text[start:end], quote_start=start, quote_end=end)
        return add_within(act, blank, read, source=source, is_quoted=bool(place.quote.strip()))


def passage_within(permitted: Permitted, project_id: str, place: Place) -> ApprovedPassage:
    """Return the approved passage that an added pair comes from.

    Raises:
        InputError: the document is another project's or is not approved, or it has no such passage.
    """
    source = passage_of(permitted, place.document_id, place.passage_id)
    if source.document.project_id != project_id:
        raise InputError("This document belongs to another project.", "Choose one of the project's documents.")
    return source


def blank_pair(source: ApprovedPassage, *, at: str) -> QuestionPair:
    """Return a pair that a person has yet to write, with all of its passage for a quote."""
    return QuestionPair(
        id=new_id("pair"), project_id=source.document.project_id, input="", output="", origin="written",
        document_id=source.document.id, document_name=source.document.name, review_id=source.review_id,
        passage_id=source.passage_id, page=source.page, quote=source.words, quote_start=source.start,
        quote_end=source.end, created_at=at,
    )  # fmt: skip


def add_within(
    act: Act,
    blank: QuestionPair,
    read: ReadWording,
    *,
    source: ApprovedPassage,
    is_quoted: bool = False,
    is_personal: bool = False,
) -> QuestionPair:
    """Add a pair within an act: `blank` with what a person wrote, kept or dropped by what is found in it.

    With `is_personal` the caller has found personal data in it.
    """
    added = _written(act, blank, read, source=source, is_quoted=is_quoted, is_personal=is_personal)
    acts.add_pair(act.permitted, act.record, added)
    return added


def split(
    workspace: Workspace,
    pair: QuestionPair,
    first: Wording,
    second: Wording,
    *,
    detector: Detector,
    by: Person | None = None,
) -> tuple[QuestionPair, QuestionPair]:
    """Make two pairs of one whose question asks for two things; the second one is new.

    Raises:
        InputError: a question or an answer is empty, or the text it comes from is not approved.
    """
    read_first, read_second = read_wording(first, detector), read_wording(second, detector)
    with acting(workspace, pair.project_id, "question pair split", by=by) as act:
        stored = get(act.permitted.db, QuestionPair, pair.id)
        source = source_of_edit(act.permitted, stored)
        approved = approved_form(act.permitted, stored)  # also what precedes the question in a conversation
        one = _written(act, approved, read_first, source=source)
        fresh = replace(approved, id=new_id("pair"), origin="written", fact=None, feedback_id=None, created_at=act.record.at)
        other = _written(act, fresh, read_second, source=source)
        acts.edit_pair(act.permitted, act.record, stored, one)
        acts.add_pair(act.permitted, act.record, other)
        return one, other


def merge(
    workspace: Workspace,
    pair: QuestionPair,
    other: QuestionPair,
    wording: Wording,
    *,
    detector: Detector,
    by: Person | None = None,
) -> QuestionPair:
    """Make one pair of two: `pair` gets the new wording, `other` is deleted.

    Raises:
        InputError: they are of different documents, question or answer is empty, or the text is not approved.
    """
    read = read_wording(wording, detector)
    with acting(workspace, pair.project_id, "question pairs merged", by=by) as act:
        stored, gone = (get(act.permitted.db, QuestionPair, each.id) for each in (pair, other))
        if stored.id == gone.id or (stored.project_id, stored.document_id) != (gone.project_id, gone.document_id):
            raise InputError("Only two pairs of one document can become one.", "Choose another pair of the same document.")
        source = source_of_edit(act.permitted, stored)
        if stored.review_id == gone.review_id:  # what proves either proves both
            source = replace(source, start=min(source.start, gone.quote_start), end=max(source.end, gone.quote_end))
        merged = _written(act, approved_form(act.permitted, stored), read, source=source)
        acts.edit_pair(act.permitted, act.record, stored, merged)
        acts.remove_pair(act.permitted, act.record, gone)
        return merged


def shown_for_edit(workspace: Workspace, pair: QuestionPair) -> Wording:
    """Return the question and answer that a person begins to edit: of a pair that was brought in, the approved form.

    Raises:
        InputError: it was brought in and is not approved yet.
    """
    permitted = workspace.allowed("work on questions", pair.project_id)
    shown = approved_form(permitted, get(permitted.db, QuestionPair, pair.id))
    return Wording(question=shown.input, answer=shown.output)


def read_wording(wording: Wording, detector: Detector) -> ReadWording:
    """Search a wording for personal data; call it before the transaction, which must not wait for a model.

    Raises:
        InputError: question or answer is empty or too long.
    """
    question, answer = wording.question.strip(), wording.answer.strip()
    if not question or not answer or max(len(question), len(answer)) > LONGEST:
        raise InputError(
            f"A question and its answer need 1 to {LONGEST:,} characters each.", "Write both, or drop the pair."
        )
    return ReadWording(question=question, answer=answer, detections=tuple(detector.detect([f"{question}\n{answer}"])[0]))


def _written(
    act: Act,
    pair: QuestionPair,
    read: ReadWording,
    *,
    source: ApprovedPassage,
    is_quoted: bool = False,
    is_personal: bool = False,
) -> QuestionPair:
    """Return `pair` with what a person wrote, kept or dropped by what is found in it."""
    originals = originals_of(act.permitted, source.document, said=read.text)
    found = personal_data_in(read.text, read.detections, approved=source.text, originals=originals)
    needs_none = is_quoted or pair.kind == "unanswerable"
    place = None if needs_none else proof_of(read.answer, source.words, question=read.question)
    reason = LEFT_OVER.name if found or is_personal else "" if needs_none or place else NOT_FOUND.name
    start, end = (source.start + place.start, source.start + place.end) if place else (pair.quote_start, pair.quote_end)
    return replace(
        pair,
        input=read.question,
        output=read.answer,
        origin="written" if pair.origin == "imported" else pair.origin,
        state="dropped" if reason else "kept",
        reason=reason,
        decided="dropped" if reason else "kept",
        review_id=source.review_id,
        quote=source.text[start:end] if place else pair.quote,
        quote_start=start,
        quote_end=end,
        edited_by=act.record.by.name,
        changed_by=act.record.by.name,
        changed_at=act.record.at,
    )


def _quoted(quote: str, source: ApprovedPassage) -> tuple[int, int]:
    """Return where the quote stands in the text of the document; the passage itself if there is no quote."""
    if not quote.strip():
        return source.start, source.end
    place = find_evidence(quote, source.words)
    if place is None:
        raise InputError("The quote does not stand in this passage.", "Copy it from the passage, or leave it empty.")
    return source.start + place.start, source.start + place.end
