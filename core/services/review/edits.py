"""What a person adds or changes: spans added by hand, other types, other borders. Each gets a new surrogate."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from core.detectors import REVIEWER
from core.errors import InputError
from core.privacy.entities import ENTITIES
from core.records import Document, Person, Span, new_id
from core.services.privacy.project_surrogates import store_surrogates, surrogate_table
from core.services.review.decisions import Decision, carry_out, permitted_to_decide, stored
from core.services.review.sampling import note_spans
from core.storage import Permitted, Workspace, find, get, transaction

Edge = Literal["start", "end"]
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def add(workspace: Workspace, document: Document, *, start: int, end: int, entity: str, by: Person) -> Span:
    """Add characters `start` to `end` of a document's text as a span; spans that lie within are replaced.

    Adding the same characters as the same type again changes nothing and returns the existing span.

    Raises:
        InputError: there is no letter or digit between the bounds, they lie outside the text, or the entity is unknown.
    """
    decision = add_all(workspace, document, [(start, end)], entity=entity, by=by)
    if decision.after:
        return decision.after[0]
    return find(workspace.db, Span, document_id=document.id, start=start, end=end, entity=entity, state="accepted")[0]


def add_all(
    workspace: Workspace, document: Document, places: Sequence[tuple[int, int]], *, entity: str, by: Person
) -> Decision:
    """Add several places at once, all or none; `left_count` says how many had such a span already.

    Raises:
        InputError: as in `add`.
    """
    _check_entity(entity)
    with transaction(workspace.db):
        document = get(workspace.db, Document, document.id)
        permitted = workspace.allowed("decide", document.project_id, by=by)
        text = permitted.text(document)
        spans = find(permitted.db, Span, document_id=document.id)
        already_accepted = {(s.start, s.end) for s in spans if (s.entity, s.state) == (entity, "accepted")}
        table = surrogate_table(permitted, document.project_id)
        after = []
        for start, end in places:
            _check_bounds(document, text, start, end)
            if (start, end) in already_accepted:
                continue
            added = Span(
                id=new_id("span"), document_id=document.id, start=start, end=end, entity=entity, score=1.0,
                detector=REVIEWER, state="accepted", reviewer=by.name,
            )  # fmt: skip
            after.append(table.replaced(added, text))
        store_surrogates(permitted, document.project_id, table)
        # spans that lie within the new ones, which replace them
        before = [s for s in spans if any(new.start <= s.start and s.end <= new.end for new in after)]
        if not after:
            return Decision(verb="added", by=by, before=(), after=(), left_count=len(places))
        reason = f"{by.name} added a span"
        decision = carry_out(permitted, before, after, verb="added", action="span added", by=by, reason=reason)
        note_spans(permitted, document, after, by=by)
    return replace(decision, left_count=len(places) - len(after))


def change_type(workspace: Workspace, spans: Sequence[Span | str], *, entity: str, by: Person) -> Decision:
    """Accept spans (given as such or by id) as personal data of this type.

    Raises:
        InputError: the entity is unknown, or a span does not exist; nothing is changed then.
    """
    _check_entity(entity)
    with transaction(workspace.db):
        chosen = stored(workspace, [span if isinstance(span, str) else span.id for span in spans])
        before = [span for span in chosen if (span.entity, span.state) != (entity, "accepted")]
        if not before:
            return Decision(verb="given another type", by=by, before=(), after=(), left_count=len(chosen))
        permitted = permitted_to_decide(workspace, before, by=by)
        after = _accepted(permitted, [replace(span, entity=entity) for span in before], by=by)
        decision = carry_out(
            permitted, before, after, verb="given another type", action="span type changed", by=by,
            reason=f"{by.name} changed the type of a span",
        )  # fmt: skip
    return replace(decision, left_count=len(chosen) - len(before))


def change_borders(workspace: Workspace, span: Span | str, *, start: int, end: int, by: Person) -> Decision:
    """Accept a span as personal data from character `start` to `end`; spans that come to lie within are replaced.

    Raises:
        InputError: the span does not exist, there is no text between the bounds, or they cut another span in two.
    """
    with transaction(workspace.db):
        (old,) = stored(workspace, [span if isinstance(span, str) else span.id])
        document = get(workspace.db, Document, old.document_id)
        _check_bounds(document, workspace.text(document), start, end)
        if (old.start, old.end) == (start, end):
            return Decision(verb="given other borders", by=by, before=(), after=(), left_count=1)
        others = [s for s in find(workspace.db, Span, document_id=document.id) if s.id != old.id]
        touched = [s for s in others if s.start < end and s.end > start]
        if any(s.start < start or s.end > end for s in touched):
            raise InputError("The span would cut another one in two.", "Take the other one in whole, or leave it out.")
        permitted = workspace.allowed("decide", document.project_id, by=by)
        after = _accepted(permitted, [replace(old, start=start, end=end)], by=by)
        decision = carry_out(
            permitted, [old, *touched], after, verb="given other borders", action="span borders changed", by=by,
            reason=f"{by.name} changed the borders of a span",
        )  # fmt: skip
        if (
            start < old.start or end > old.end
        ):  # it now covers text of which a reader of the sample said that it holds nothing
            note_spans(permitted, document, after, by=by)
    return decision


def moved_borders(text: str, span: Span, edge: Edge, step: int) -> tuple[int, int]:
    """Return a span's bounds with its start or end moved by a word, back (-1) or on (+1); unchanged if that cannot be."""
    if edge == "end":
        if step > 0:
            following = _WORD.search(text, span.end)
            return span.start, following.end() if following else span.end
        ends = [word.end() for word in _WORD.finditer(text, span.start, span.end) if word.end() < span.end]
        return span.start, ends[-1] if ends else span.end
    if step > 0:
        starts = [word.start() for word in _WORD.finditer(text, span.start, span.end) if word.start() > span.start]
        return (starts[0] if starts else span.start), span.end
    near = max(0, span.start - 500)  # far enough for any word, without reading a whole book
    before = [word.start() for word in _WORD.finditer(text, near, span.start)]
    return (before[-1] if before else span.start), span.end


def _accepted(permitted: Permitted, spans: Sequence[Span], *, by: Person) -> list[Span]:
    """Give each span the surrogate of its text and type, store what was issued, and return the spans as accepted."""
    made = []
    for document_id in dict.fromkeys(span.document_id for span in spans):
        document = get(permitted.db, Document, document_id)
        text = permitted.text(document)
        table = surrogate_table(permitted, document.project_id)
        for span in spans:
            if span.document_id == document_id:
                made.append(table.replaced(replace(span, state="accepted", reviewer=by.name), text))
        store_surrogates(permitted, document.project_id, table)
    return made


def _check_entity(entity: str) -> None:
    if entity not in ENTITIES:
        raise InputError(f"{entity!r} is no known type of personal data.", f"Known types: {', '.join(sorted(ENTITIES))}.")


def _check_bounds(document: Document, text: str, start: int, end: int) -> None:
    if not 0 <= start < end <= len(text) or not any(character.isalnum() for character in text[start:end]):
        raise InputError(
            f"Characters {start} to {end} of document {document.id} hold no text.",
            f"Its text has {len(text)} characters; choose some of them.",
        )
