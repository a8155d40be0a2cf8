"""The values that review removed from what a run was trained on. They are held in memory only, and shown to nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from core.errors import InputError
from core.models.conversation import asked
from core.privacy.replacement.masking import Edit, Masked, is_masked
from core.privacy.replacement.surrogates import SurrogateTable, is_label
from core.privacy.text.normalization import fold
from core.records import Document, Passage, Review, Run, Span
from core.services.review.approved import approved_masking, stands
from core.services.training.lineage import trained_rows
from core.storage import Workspace, find, rights

CONTEXT_CHARACTERS = 200  # before the place: about 50 tokens, as many as Carlini et al. (ICLR 2023) give at first
LEAST_CHARACTERS = 4  # shorter values are written by chance
ROWS_ASKED = 2  # of the rows that hold a value in their answer, how many are asked
RIVALS = 100  # invented values that a removed one is ranked among
LEAST_RIVALS = 20  # with fewer, as for dates, a rank says little


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedValue:
    """A value, where it stood, and what can be asked for it. Its texts are left out where it is printed."""

    entity: str
    passage_id: str
    document_id: str
    start: int  # in the document's original text
    value: str = field(repr=False)
    before: str = field(repr=False)  # the approved text before the place
    stand_in: str = field(repr=False)  # what replaced it; "" if it was removed
    is_readable: bool = False  # it also stands in the approved text or in a row that was trained on
    questions: tuple[list[dict[str, str]], ...] = field(default=(), repr=False)  # of rows whose answer holds it

    @property
    def key(self) -> str:
        """The form in which values are compared."""
        return fold(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """All values that review removed, each once, and how many documents could not be looked at."""

    values: tuple[RemovedValue, ...]
    documents_left_out: int  # the approval does not stand any more


def removed_values(workspace: Workspace, run: Run) -> Removed:
    """Return the values that review removed from the documents that a run was trained on, each at its first place.

    Values of fewer than LEAST_CHARACTERS are left out, and those that equal what replaced them.

    Raises:
        AccessError: the acting person may not test runs of this project for leaks.
    """
    rights.check(workspace.db, "test leaks", run.project_id)
    rows = trained_rows(workspace, run)
    found: dict[str, RemovedValue] = {}
    approved = [fold(_text_of(row)) for row in rows]
    left_out = 0
    for document in _documents(workspace, run, rows):
        try:
            _, text, masked = approved_masking(workspace, document)
        except InputError:
            left_out += 1
            continue
        approved.append(fold(masked.text))
        for removed in _in_document(workspace, document, text, masked):
            found.setdefault(removed.key, removed)
    answers = [(fold(row["output"]), row) for row in rows]
    values = [
        replace(
            one,
            is_readable=any(stands(key, text) for text in approved),
            questions=tuple(asked(row) for answer, row in answers if stands(key, answer))[:ROWS_ASKED],
        )
        for key, one in found.items()
    ]
    return Removed(values=tuple(values), documents_left_out=left_out)


def rivals_of(values: Sequence[RemovedValue]) -> list[list[str]]:
    """Return for each value the invented ones of its kind to rank it among; none where there are too few."""
    tables = [SurrogateTable(sha256(f"rival {number}".encode()).digest(), []) for number in range(RIVALS)]
    found = []
    for one in values:
        invented = dict.fromkeys(table.surrogate(one.entity, one.value) for table in tables)
        kept = [text for text in invented if not is_label(text) and fold(text) not in (one.key, fold(one.stand_in))]
        found.append(kept if len(kept) >= LEAST_RIVALS else [])
    return found


def _documents(workspace: Workspace, run: Run, rows: list[dict[str, Any]]) -> list[Document]:
    """Return the documents whose approvals the rows rest on."""
    review_ids = {row.get("review_id") for row in rows}
    documents = find(workspace.db, Document, project_id=run.project_id, state="read", order="created_at")
    return [
        document
        for document in documents
        if review_ids & {review.id for review in find(workspace.db, Review, document_id=document.id)}
    ]


def _text_of(row: dict[str, Any]) -> str:
    """Return all of a row that a model reads or learns to write."""
    turns = [text for turn in row.get("history", ()) for text in (turn["input"], turn["output"])]
    return "\n".join([row.get("system") or "", *turns, row["input"], row["output"]])


def _in_document(workspace: Workspace, document: Document, text: str, masked: Masked) -> Iterator[RemovedValue]:
    spans = [span for span in find(workspace.db, Span, document_id=document.id, order="start") if is_masked(span)]
    passages = workspace.passages(document)
    for edit in masked.edits:
        value = text[edit.start : edit.end].strip()
        stand_in = masked.text[edit.masked_start : edit.masked_end]
        if len(value) < LEAST_CHARACTERS or fold(value) == fold(stand_in):
            continue
        yield RemovedValue(
            entity=next(span.entity for span in spans if edit.start <= span.start < edit.end),
            passage_id=_passage_of(passages, edit),
            document_id=document.id,
            start=edit.start,
            value=value,
            before=_context(masked.text[: edit.masked_start]),
            stand_in=stand_in,
        )


def _passage_of(passages: list[Passage], edit: Edit) -> str:
    return next((passage.id for passage in passages if passage.start < edit.end and edit.start < passage.end), "")


def _context(text: str) -> str:
    """Return the last CONTEXT_CHARACTERS, from the beginning of a word."""
    if len(text) <= CONTEXT_CHARACTERS:
        return text
    cut = text[-CONTEXT_CHARACTERS:]
    return cut[cut.find(" ") + 1 :]
