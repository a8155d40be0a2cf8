"""A second, different detector for anonymized text: what still looks like personal data and is not our surrogate."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.privacy.detection.proven_names import name_words
from core.privacy.entities import SEARCHED_AGAIN
from core.privacy.replacement.masking import Masked, is_masked
from core.privacy.text.letter_case import capitalized, with_capitals
from core.privacy.text.pieces import pieces
from core.privacy.text.vocabulary import is_generic
from core.records import Detection, Document, Person, Span, now
from core.storage import Workspace, audit, rights, transaction

# Not asked for: dates and organizations, which a name finder alone sees everywhere in technical prose.
_WORD = re.compile(r"\w+")


class Finder(Protocol):
    """One detector by itself: `core.privacy.engine.Engine` or `core.privacy.rampart.Rampart`."""

    def analyze(self, pieces: Iterable[str]) -> Iterator[list[Detection]]:
        """Yield what it finds in each piece, with offsets in the piece."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondSearch:
    """What a second search found; places are offsets in the original text, of characters that no surrogate replaces."""

    detector: str
    places: tuple[tuple[int, int, str], ...]  # start, end, entity


def search_again(finder: Finder, text: str, masked: Masked, spans: Sequence[Span]) -> list[tuple[int, int, str]]:
    """Return where `finder` sees personal data in the masked text, as places in the original.

    Names in lower case are capitalized for the finder: in a text or chat without capitals, and wherever a word of a masked
    name is left.

    Args:
        finder: a detector other than the one that decided what is masked.
        text: the original text.
        masked: the anonymized text and where its surrogates are.
        spans: the document's spans; whatever lies within a rejected one is skipped, as a person has looked at it already.
    """
    prose = with_capitals(capitalized(masked.text), _masked_names(text, spans))
    rejected = [(span.start, span.end) for span in spans if span.state == "rejected"]
    entities: dict[tuple[int, int], str] = {}
    for start, end, entity in _found(finder, prose):
        for first, last in _uncovered(masked, start, end):
            place = _trimmed(prose, first, last)
            if place is None:
                continue
            original = _original(masked, place[0]), _original(masked, place[0]) + place[1] - place[0]
            if not any(a <= original[0] and original[1] <= b for a, b in rejected):
                entities.setdefault(original, entity)
    return [(*place, entity) for place, entity in sorted(entities.items())]


def store_second_search(
    workspace: Workspace,
    document: Document,
    *,
    anonymized_sha256: str,
    detector: str,
    places: Iterable[tuple[int, int, str]],
    by: Person | None = None,
) -> None:
    """Store what a second search of exactly this anonymized text found, replacing an earlier one."""
    rights.check(workspace.db, "find personal data", document.project_id, by=by)
    document = workspace.checked_document(document, "find personal data")
    rows = list(places)
    with transaction(workspace.db):
        workspace.db.execute("delete from second_searches where document_id = ?", [document.id])
        workspace.db.execute(
            "insert into second_searches (document_id, anonymized_sha256, detector, created_at) values (?, ?, ?, ?)",
            [document.id, anonymized_sha256, detector, now()],
        )
        workspace.db.executemany(
            "insert into second_findings (document_id, start, end, entity) values (?, ?, ?, ?)",
            [(document.id, *row) for row in rows],
        )
        audit.append_for(
            workspace.db,
            document.id,
            "second search run",
            actor=by.name if by else None,
            subjects={"detector": detector} | ({"person": by.id} if by and by.id else {}),
            hashes={"anonymized": anonymized_sha256},
            counts={"found": len(rows)},
        )


def second_search_of(workspace: Workspace, document: Document, anonymized_sha256: str | None = None) -> SecondSearch | None:
    """Return the second search of this anonymized text (of any text if no SHA-256 is given); None if there was none."""
    document = workspace.checked_document(document, "read documents")
    row = workspace.db.execute(
        "select detector, anonymized_sha256 from second_searches where document_id = ?", [document.id]
    ).fetchone()
    if row is None or anonymized_sha256 not in (None, row["anonymized_sha256"]):
        return None
    rows = workspace.db.execute(
        "select start, end, entity from second_findings where document_id = ? order by start", [document.id]
    )
    return SecondSearch(detector=row["detector"], places=tuple((r["start"], r["end"], r["entity"]) for r in rows))


def _masked_names(text: str, spans: Iterable[Span]) -> set[str]:
    """Return the words of masked names of people, in lower case, without those that also name things."""
    people = (text[span.start : span.end] for span in spans if span.entity == "PERSON" and is_masked(span))
    return {word for value in people for word in name_words(value) if len(word) > 2 and not is_generic(word)}


def _found(finder: Finder, text: str) -> Iterator[tuple[int, int, str]]:
    offsets = [offset for offset, _ in pieces(text)]
    for offset, detections in zip(offsets, finder.analyze(piece for _, piece in pieces(text)), strict=True):
        for detection in detections:
            if detection.entity in SEARCHED_AGAIN:
                yield offset + detection.start, offset + detection.end, detection.entity


def _uncovered(masked: Masked, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches between `start` and `end` of the masked text that contain no surrogate."""
    at = start
    first = max(0, bisect_right(masked.edits, start, key=lambda edit: edit.masked_start) - 1)
    for edit in masked.edits[first:]:
        if edit.masked_start >= end:
            break
        if edit.masked_end > at:
            if edit.masked_start > at:
                yield at, edit.masked_start
            at = max(at, edit.masked_end)
    if at < end:
        yield at, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the bounds from the first telling word to the last (with a capital or digit, not generic); None without any."""
    telling = [word for word in _WORD.finditer(text, start, end) if _is_telling(word.group())]
    return (telling[0].start(), telling[-1].end()) if telling else None


def _is_telling(word: str) -> bool:
    has_digit = any(character.isdigit() for character in word)
    return len(word) > 1 and (has_digit or (any(character.isupper() for character in word) and not is_generic(word)))


def _original(masked: Masked, offset: int) -> int:
    """Return where the masked text's character `offset`, which no surrogate covers, is in the original."""
    index = bisect_right(masked.edits, offset, key=lambda edit: edit.masked_start) - 1
    if index < 0:
        return offset
    edit = masked.edits[index]
    return edit.end + offset - edit.masked_end
