from dataclasses import replace

import pytest

from core.errors import InputError
from core.files import sha256_text
from core.identity import declared
from core.privacy.entities import COMMON, ENTITIES, NAMES
from core.records import Document, Project, Span, new_id, now
from core.services import review
from core.storage import Workspace, find, get, insert
from tests.services.review.valves import put_valves
from tests.unread import approve_all_unread, approve_unread

TEXT = "Anna Berg opened the valve. Later Bert Holm closed it."


@pytest.fixture
def project(workspace: Workspace) -> Project:
    """One that asks for no sample and no second search, and lets whoever proposes approve."""
    project = workspace.create_project("Valves", policy="all-at-once")
    review.set_two_person(workspace, project, "off", by=declared("R. Vale"))
    return project


def put(workspace: Workspace, project: Project, *, is_analyzed: bool = True) -> Document:
    """A document with two spans and two passages."""
    return put_valves(workspace, project, TEXT, ((0, 27), (28, len(TEXT))), is_analyzed=is_analyzed)


def spans_of(workspace: Workspace, document: Document) -> list[Span]:
    return find(workspace.db, Span, document_id=document.id, order="start")


def test_approval_writes_the_masked_text_with_its_hash_and_passages(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    approved = approve_unread(workspace, project, document, by=declared("  R. Vale "))
    text = workspace.anonymized_text(project.id, approved)
    assert text == "Odile Marston opened the valve. Later Ivo Fenwick closed it."
    assert (approved.anonymized_sha256, approved.text_sha256) == (sha256_text(text), document.text_sha256)
    assert (approved.reviewer, approved.span_count) == ("R. Vale", 2)
    _, passages = workspace.approved_passages(document)
    assert [p.text for p in passages] == ["Odile Marston opened the valve.", "Later Ivo Fenwick closed it."]


def test_a_rejected_span_stays_readable_in_the_approved_text(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    review.reject(workspace, spans_of(workspace, document)[:1], by=declared("R. Vale"))
    approved = approve_unread(workspace, project, document, by=declared("R. Vale"))
    assert workspace.anonymized_text(project.id, approved).startswith("Anna Berg opened")


@pytest.mark.parametrize("reviewer", ["", "   ", "x" * 81, "a\x00b"])
def test_nothing_is_decided_without_a_name(reviewer: str) -> None:
    with pytest.raises(InputError, match="reviewer's name"):
        declared(reviewer)  # and every rule of review takes a person


def test_a_document_that_was_not_searched_cannot_be_approved(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project, is_analyzed=False)
    with pytest.raises(InputError, match="was not looked for"):
        review.approve(workspace, project, document, by=declared("R. Vale"))


def test_a_stale_record_does_not_help_an_unsearched_document(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project, is_analyzed=False)
    forged = replace(document, analyzed_sha256=document.text_sha256)
    with pytest.raises(InputError, match="was not looked for"):
        review.approve(workspace, project, forged, by=declared("R. Vale"))


def test_text_that_changed_on_disk_cannot_be_approved(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    (workspace.document_folder(document) / "text.txt").write_text("Carla Dunn", encoding="utf-8")
    with pytest.raises(InputError, match="not the one that was searched"):
        review.approve(workspace, project, document, by=declared("R. Vale"))


def test_a_document_of_another_project_cannot_be_approved(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    other = workspace.create_project("Pumps")
    with pytest.raises(InputError, match="does not belong"):
        review.approve(workspace, other, document, by=declared("R. Vale"))


def test_an_unreadable_document_cannot_be_approved(workspace: Workspace, project: Project) -> None:
    document = Document(
        id=new_id("document"), project_id=project.id, name="x.pdf", kind="pdf", size_bytes=1, sha256="", text_sha256="",
        state="unreadable", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    with pytest.raises(InputError, match="could not be read"):
        review.approve(workspace, project, document, by=declared("R. Vale"))


def test_approving_all_at_once_needs_the_policy_and_names_both_ways(workspace: Workspace) -> None:
    project = workspace.create_project("Strict")
    put(workspace, project)
    with pytest.raises(InputError) as caught:
        review.approve_all(workspace, project, by=declared("R. Vale"))
    assert "approve DOCUMENT" in caught.value.hint.command
    assert "--policy all-at-once" in caught.value.hint.command


def test_a_changed_project_record_does_not_change_the_policy(workspace: Workspace) -> None:
    project = workspace.create_project("Strict")
    put(workspace, project)
    with pytest.raises(InputError, match="policy"):
        review.approve_all(workspace, replace(project, policy="all-at-once"), by=declared("R. Vale"))


def test_all_at_once_approves_every_document_or_none(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps", policy="all-at-once")
    first, second = put(workspace, project), put(workspace, project, is_analyzed=False)
    with pytest.raises(InputError, match="was not looked for"):
        review.approve_all(workspace, project, by=declared("R. Vale"))
    assert workspace.active_review(first.id) is None
    workspace.db.execute("update documents set analyzed_sha256 = text_sha256 where id = ?", [second.id])
    assert {r.document_id for r in approve_all_unread(workspace, project, by=declared("R. Vale"))} == {first.id, second.id}


def test_all_at_once_on_an_empty_project_is_refused(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="no readable document"):
        review.approve_all(workspace, workspace.create_project("Empty", policy="all-at-once"), by=declared("R. Vale"))


def test_changing_a_span_withdraws_the_approval_and_says_why(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    approved = approve_unread(workspace, project, document, by=declared("R. Vale"))
    review.reject(workspace, [spans_of(workspace, document)[0].id], by=declared("S. Hart"))
    assert workspace.active_review(document.id) is None
    from core.records import Review

    stored = get(workspace.db, Review, approved.id)
    assert (stored.state, stored.reason) == ("withdrawn", "S. Hart rejected a span")


def test_deciding_the_same_again_withdraws_nothing(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    review.accept(workspace, spans_of(workspace, document), by=declared("R. Vale"))
    approve_unread(workspace, project, document, by=declared("R. Vale"))
    review.accept(workspace, spans_of(workspace, document), by=declared("R. Vale"))
    assert workspace.active_review(document.id) is not None


def test_approving_the_same_again_gives_the_same_review(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    first = approve_unread(workspace, project, document, by=declared("R. Vale"))
    assert approve_unread(workspace, project, document, by=declared("R. Vale")).id == first.id
    assert approve_unread(workspace, project, document, by=declared("S. Hart")).id != first.id


def test_an_added_span_is_masked_with_a_surrogate_and_withdraws_the_approval(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    approve_unread(workspace, project, document, by=declared("R. Vale"))
    start = TEXT.index("valve")
    span = review.add(workspace, document, start=start, end=start + 5, entity="SITE", by=declared("R. Vale"))
    assert (span.state, span.detector, span.reviewer) == ("accepted", "reviewer", "R. Vale")
    assert span.surrogate not in ("", "valve")
    assert workspace.active_review(document.id) is None
    approved = approve_unread(workspace, project, document, by=declared("R. Vale"))
    assert "valve" not in workspace.anonymized_text(project.id, approved)


def test_adding_over_a_rejected_span_replaces_it(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    first = spans_of(workspace, document)[0]
    review.reject(workspace, [first], by=declared("R. Vale"))
    review.add(workspace, document, start=first.start, end=first.end, entity="PERSON", by=declared("R. Vale"))
    assert [s.state for s in spans_of(workspace, document)] == ["accepted", "detected"]


@pytest.mark.parametrize(
    ("start", "end", "entity"),
    [(-1, 3, "PERSON"), (5, 5, "PERSON"), (0, 999, "PERSON"), (4, 5, "PERSON"), (0, 4, "no kind")],
)
def test_a_span_that_makes_no_sense_is_refused(
    workspace: Workspace, project: Project, start: int, end: int, entity: str
) -> None:
    document = put(workspace, project)
    with pytest.raises(InputError):
        review.add(workspace, document, start=start, end=end, entity=entity, by=declared("R. Vale"))
    assert len(spans_of(workspace, document)) == 2


def test_an_unknown_type_is_refused_with_the_known_ones(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    with pytest.raises(InputError, match="'FOO' is no known type") as caught:
        review.add(workspace, document, start=0, end=4, entity="FOO", by=declared("R. Vale"))
    assert "PERSON" in caught.value.hint.words and "VESSEL" in caught.value.hint.words


def test_every_type_that_is_found_or_offered_is_known() -> None:
    from core.privacy.detection.networks.engine import _LABELS
    from core.privacy.recognizers.families import RULES

    assert {rule.entity for rule in RULES} | set(_LABELS.values()) | {*COMMON, *NAMES} <= set(ENTITIES)


def test_marking_the_same_twice_makes_one_span_and_keeps_the_approval(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    start = TEXT.index("valve")
    first = review.add(workspace, document, start=start, end=start + 5, entity="SITE", by=declared("R. Vale"))
    approved = approve_unread(workspace, project, document, by=declared("R. Vale"))
    again = review.add(workspace, document, start=start, end=start + 5, entity="SITE", by=declared("S. Hart"))
    assert again == first
    assert len(spans_of(workspace, document)) == 3
    assert workspace.active_review(document.id) == approved


def test_the_effect_of_a_decision_is_told_without_deciding(workspace: Workspace, project: Project) -> None:
    first, second = put(workspace, project), put(workspace, project)
    review.accept(workspace, spans_of(workspace, first)[:1], by=declared("R. Vale"))
    approve_unread(workspace, project, second, by=declared("R. Vale"))
    spans = [*spans_of(workspace, first), *spans_of(workspace, second)]
    effect = review.effect_of(workspace, spans, state="accepted")
    assert (len(effect.span_ids), effect.document_ids) == (3, {first.id, second.id})
    assert effect.approved_ids == {second.id}
    assert effect.reaches_beyond(first.id) and effect.reaches_beyond(second.id)
    assert not review.effect_of(workspace, spans[:2], state="rejected").reaches_beyond(first.id)
    assert workspace.active_review(second.id) is not None


def test_undoing_gives_every_span_its_earlier_state_and_reviewer_but_no_approval(
    workspace: Workspace, project: Project
) -> None:
    document = put(workspace, project)
    review.accept(workspace, spans_of(workspace, document)[:1], by=declared("R. Vale"))
    before = spans_of(workspace, document)
    approve_unread(workspace, project, document, by=declared("R. Vale"))
    decision = review.reject(workspace, before, by=declared(" S.  Hart "))
    assert decision.withdrawn_ids == {document.id}
    review.undo(workspace, decision, by=declared("S. Hart"))
    assert spans_of(workspace, document) == before
    assert workspace.active_review(document.id) is None


def test_undoing_withdraws_an_approval_given_since(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    decision = review.reject(workspace, spans_of(workspace, document), by=declared("R. Vale"))
    approve_unread(workspace, project, document, by=declared("R. Vale"))
    assert review.undo(workspace, decision, by=declared("R. Vale")).withdrawn_ids == {document.id}
    assert workspace.active_review(document.id) is None


def test_undoing_what_somebody_changed_since_changes_nothing(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    decision = review.reject(workspace, spans_of(workspace, document), by=declared("R. Vale"))
    review.accept(workspace, spans_of(workspace, document)[1:], by=declared("S. Hart"))
    with pytest.raises(InputError, match="Nothing was undone"):
        review.undo(workspace, decision, by=declared("R. Vale"))
    assert [span.state for span in spans_of(workspace, document)] == ["rejected", "accepted"]


def test_deciding_what_is_undecided_leaves_every_decision_alone(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    other = put(workspace, workspace.create_project("Pumps"))
    review.reject(workspace, spans_of(workspace, document)[:1], by=declared("S. Hart"))
    decision = review.decide_undecided(workspace, project, state="accepted", by=declared("R. Vale"))
    assert (len(decision.before), decision.left_count) == (1, 1)
    assert [(s.state, s.reviewer) for s in spans_of(workspace, document)] == [
        ("rejected", "S. Hart"),
        ("accepted", "R. Vale"),
    ]
    assert [span.state for span in spans_of(workspace, other)] == ["detected", "detected"]


def test_an_unknown_span_changes_nothing(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    known = spans_of(workspace, document)[0].id
    with pytest.raises(InputError):
        review.reject(workspace, [known, "span-unknown"], by=declared("R. Vale"))
    assert get(workspace.db, Span, known).state == "detected"


def test_withdrawing_needs_a_reason_and_keeps_it(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    approve_unread(workspace, project, document, by=declared("R. Vale"))
    with pytest.raises(InputError, match="reason"):
        review.withdraw(workspace, document, by=declared("R. Vale"), reason=" ")
    review.withdraw(workspace, document, by=declared("R. Vale"), reason="wrong file")
    assert workspace.active_review(document.id) is None
