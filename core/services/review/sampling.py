"""Samples of passages in which nothing was found, drawn at random and read before a document is proposed.

A round that turns up a miss is followed by another, of passages nobody has read yet, until a round holds nothing or every
such passage was read. The figures count all rounds, so that drawing again never hides a miss.
"""

import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.records import Document, Person, Project, Span, now
from core.services.review.policy import note_person
from core.storage import Permitted, Workspace, audit, get, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The progress of a document's sample. Passages are named by id."""

    round: int  # 0 before the first round
    drawn_ids: tuple[str, ...]  # of this round, in the order drawn
    unread_ids: tuple[str, ...]  # of this round
    unsettled_ids: tuple[str, ...]  # answered as missed, but no span was added in them yet
    round_missed: int
    read: int  # in all rounds
    missed: int  # in all rounds
    unread_count: int  # passages without a span that nobody read, drawn or not

    @property
    def is_settled(self) -> bool:
        """Whether this round was read to its end and held nothing, or no unread passage is left."""
        if self.unsettled_ids or self.unread_ids:
            return False
        return self.unread_count == 0 or (self.round > 0 and self.round_missed == 0)


def sample_of(workspace: Workspace, document: Document) -> Sample:
    """Return the progress of a document's sample."""
    document, permitted = workspace.allowed_on(document, "read documents")
    return _sample(permitted, document)


def _sample(permitted: Permitted, document: Document) -> Sample:
    rows = permitted.db.execute(
        "select round, passage_id, answer from sample_passages where document_id = ? order by round, position",
        [document.id],
    ).fetchall()
    clean = set(_clean_ids(permitted, document))
    last = max((row["round"] for row in rows), default=0)
    now_round = [row for row in rows if row["round"] == last]
    answered = {row["passage_id"] for row in rows if row["answer"]}
    return Sample(
        round=last,
        drawn_ids=tuple(row["passage_id"] for row in now_round),
        # whoever added a span in a passage before its turn came has read it
        unread_ids=tuple(row["passage_id"] for row in now_round if not row["answer"] and row["passage_id"] in clean),
        unsettled_ids=tuple(row["passage_id"] for row in rows if row["answer"] == "missed" and row["passage_id"] in clean),
        round_missed=sum(row["answer"] == "missed" for row in now_round),
        read=len(answered),
        missed=sum(row["answer"] == "missed" for row in rows),
        unread_count=len(clean - answered),
    )


def clean_ids(workspace: Workspace, document: Document) -> list[str]:
    """Return the ids of a document's passages without a span, or with only rejected ones, in reading order."""
    document, permitted = workspace.allowed_on(document, "read documents")
    return _clean_ids(permitted, document)


def _clean_ids(permitted: Permitted, document: Document) -> list[str]:
    longest = permitted.db.execute("select max(end - start) from spans where document_id = ?", [document.id]).fetchone()[0]
    rows = permitted.db.execute(
        # the first condition on `start` lets the index find the few spans near each passage
        "select p.id from passages p where p.document_id = ? and not exists (select 1 from spans s"
        " where s.document_id = p.document_id and s.start > p.start - ? and s.start < p.end and s.end > p.start"
        " and s.state <> 'rejected') order by p.\"index\"",
        [document.id, (longest or 0) + 1],
    )
    return [row["id"] for row in rows]


def draw(workspace: Workspace, project: Project, document: Document, *, by: Person) -> Sample:
    """Draw the next round if one is due, and return the progress of the sample.

    The seed is random too, and stored, so that nobody chooses what is read and everybody can repeat the draw.

    Raises:
        InputError: the document belongs to another project.
    """
    document, permitted = workspace.allowed_on(document, "decide", by=by)
    if document.project_id != project.id:
        raise InputError(f"Document {document.id} does not belong to {project.name}.", "Choose a document of this project.")
    db = permitted.db
    with transaction(db):
        size = get(db, Project, project.id).sample_size
        sample = _sample(permitted, document)
        if sample.unread_ids or sample.is_settled or size == 0:
            return sample
        read = db.execute("select passage_id from sample_passages where document_id = ?", [document.id])
        seen = {row["passage_id"] for row in read}
        unread = [passage_id for passage_id in _clean_ids(permitted, document) if passage_id not in seen]
        if not unread:
            return sample
        seed = secrets.token_hex(8)
        chosen = random.Random(seed).sample(unread, min(size, len(unread)))  # noqa: S311 the seed is drawn by `secrets`
        number = sample.round + 1
        db.execute(
            "insert into samples (document_id, round, seed, population, created_at) values (?, ?, ?, ?, ?)",
            [document.id, number, seed, len(unread), now()],
        )
        db.executemany(
            "insert into sample_passages (document_id, round, position, passage_id) values (?, ?, ?, ?)",
            [(document.id, number, position, passage_id) for position, passage_id in enumerate(chosen)],
        )
        note_person(permitted, project.id, by)
        return _sample(permitted, document)


def answer(
    workspace: Workspace, document: Document, passage_ids: Sequence[str], *, missed_ids: Iterable[str] = (), by: Person
) -> Sample:
    """Record that drawn passages were read and that `missed_ids` among them hold something that nobody added.

    A new answer replaces an earlier one, but a passage in which a span was added stays a miss.

    Raises:
        InputError: a passage was not drawn.
    """
    document, permitted = workspace.allowed_on(document, "decide", by=by)
    db = permitted.db
    missed = set(missed_ids)
    with transaction(db):
        rows = db.execute("select passage_id from sample_passages where document_id = ?", [document.id])
        if strange := {*passage_ids, *missed} - {row["passage_id"] for row in rows}:
            raise InputError(f"Passage {min(strange)} is not in the sample.", "Answer for passages that were drawn.")
        clean = set(_clean_ids(permitted, document))
        said = {
            passage_id: "missed" if passage_id in missed or passage_id not in clean else "nothing"
            for passage_id in [*passage_ids, *missed]
        }
        _store(permitted, document, said, by=by)
        return _sample(permitted, document)


def note_spans(permitted: Permitted, document: Document, spans: Iterable[Span], *, by: Person) -> None:
    """Count drawn passages as missed if a person just added a span in them; call it in the transaction that adds it."""
    _store(permitted, document, dict.fromkeys(_drawn_under(permitted, document.id, spans), "missed"), by=by)


def forget_spans(permitted: Permitted, document: Document, spans: Iterable[Span]) -> None:
    """Ask again about drawn passages whose only spans were just removed."""
    db = permitted.db
    clean = set(_clean_ids(permitted, document))
    again = [passage_id for passage_id in _drawn_under(permitted, document.id, spans) if passage_id in clean]
    db.executemany(
        "update sample_passages set answer = '' where document_id = ? and passage_id = ?",
        [(document.id, passage_id) for passage_id in again],
    )


def _drawn_under(permitted: Permitted, document_id: str, spans: Iterable[Span]) -> list[str]:
    rows = permitted.db.execute(
        "select p.id, p.start, p.end from sample_passages m join passages p on p.id = m.passage_id where m.document_id = ?",
        [document_id],
    ).fetchall()
    places = [(span.start, span.end) for span in spans]
    return [row["id"] for row in rows if any(start < row["end"] and end > row["start"] for start, end in places)]


def _store(permitted: Permitted, document: Document, said: dict[str, str], *, by: Person) -> None:
    if not said:
        return
    db = permitted.db
    db.executemany(
        "update sample_passages set answer = ?, reader = ?, reader_id = ?, answered_at = ?"
        " where document_id = ? and passage_id = ?",
        [(word, by.name, by.id, now(), document.id, passage_id) for passage_id, word in said.items()],
    )
    note_person(permitted, document.project_id, by)
    sample = _sample(permitted, document)
    if not sample.unread_ids:  # one entry per round, not per passage
        counts = {"round": sample.round, "read": sample.read, "missed": sample.missed, "left unread": sample.unread_count}
        audit.append_for(db, document.id, "sample read", actor=by.name, counts=counts)
