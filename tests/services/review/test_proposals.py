"""From proposal to approval where everything is asked for: all decided, the sample read, searched again, two persons."""

import pytest

from core.errors import InputError
from core.files import sha256_text
from core.identity import declared
from core.privacy import mask
from core.records import Document, Page, Passage, Project, Review, Span, new_id, now
from core.services import review
from core.services.review.second_search import store_second_search
from core.storage import Workspace, audit, find, get, insert

ADA, BOB = declared("Ada"), declared("Bob")
CLEAN = [f"Passage {number} tells how the pump is kept dry." for number in range(12)]
FIRST = "Anna Berg opened the valve beside Larkfield."
TEXT = "\n".join([FIRST, *CLEAN])


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Valves")


@pytest.fixture
def document(workspace: Workspace, project: Project) -> Document:
    """One span in the first passage, and twelve passages without a finding."""
    digest = sha256_text(TEXT)
    made = Document(
        id=new_id("document"), project_id=project.id, name="valves.txt", kind="txt", size_bytes=len(TEXT), sha256=digest,
        text_sha256=digest, state="read", analyzed_sha256=digest, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, made)
    workspace.store_text(made, TEXT, pages=(Page(number=1, label="page 1", start=0, end=len(TEXT)),))
    insert(
        workspace.db,
        Span(
            id=new_id("span"), document_id=made.id, start=0, end=9, entity="PERSON", score=0.85, detector="spacy",
            surrogate="Odile Marston",
        ),
    )  # fmt: skip
    start = 0
    for index, line in enumerate([FIRST, *CLEAN]):
        insert(
            workspace.db,
            Passage(
                id=f"passage-{index}", document_id=made.id, index=index, start=start, end=start + len(line), heading="",
                page="page 1", token_count=9, text=line,
            ),
        )  # fmt: skip
        start += len(line) + 1
    return made


def spans_of(workspace: Workspace, document: Document) -> list[Span]:
    return find(workspace.db, Span, document_id=document.id, order="start")


def read_sample(workspace: Workspace, project: Project, document: Document) -> None:
    sample = review.draw(workspace, project, document, by=ADA)
    review.answer(workspace, document, sample.unread_ids, by=ADA)


def search_again(workspace: Workspace, document: Document, places: int = 0) -> None:
    masked = mask(workspace.text(document), spans_of(workspace, document))
    found = [(number, number + 1, "PERSON") for number in range(places)]
    store_second_search(workspace, document, anonymized_sha256=sha256_text(masked.text), detector="rampart", places=found)


def make_ready(workspace: Workspace, project: Project, document: Document) -> None:
    review.accept(workspace, spans_of(workspace, document), by=ADA)
    read_sample(workspace, project, document)
    search_again(workspace, document, places=3)


def test_a_proposal_waits_until_all_is_decided_read_and_searched_again(
    workspace: Workspace, project: Project, document: Document
) -> None:
    steps = [
        lambda: review.accept(workspace, spans_of(workspace, document), by=ADA),
        lambda: read_sample(workspace, project, document),
        lambda: search_again(workspace, document),
    ]
    for step, open_point in zip(steps, ["1 span is not decided", "12 passages in which", "a second time"], strict=True):
        assert open_point in review.point_words(review.open_points(workspace, project, document)[0])
        with pytest.raises(InputError, match=open_point):
            review.propose(workspace, project, document, by=ADA)
        step()
    assert review.propose(workspace, project, document, by=ADA).state == "proposed"


def test_the_figures_stand_on_the_proposal_and_the_approval(
    workspace: Workspace, project: Project, document: Document
) -> None:
    make_ready(workspace, project, document)
    proposed = review.propose(workspace, project, document, by=ADA)
    approved = review.approve(workspace, project, document, by=BOB)
    assert (approved.id, approved.proposer, approved.reviewer) == (proposed.id, "Ada", "Bob")
    assert (approved.sampled, approved.missed, approved.unread_count, approved.second_found) == (12, 0, 0, 3)
    assert approved.is_authenticated is False
    assert get(workspace.db, Review, approved.id) == approved
    assert workspace.anonymized_text(project.id, approved).startswith("Odile Marston opened")


def test_who_proposed_cannot_approve_once_two_are_known(workspace: Workspace, project: Project, document: Document) -> None:
    make_ready(workspace, project, document)
    review.reject(workspace, spans_of(workspace, document), by=BOB)
    search_again(workspace, document)
    read_sample(workspace, project, document)
    review.propose(workspace, project, document, by=declared("  ada "))  # the same person, otherwise written
    with pytest.raises(InputError, match="who proposed"):
        review.approve(workspace, project, document, by=ADA)
    assert review.approve(workspace, project, document, by=BOB).state == "approved"


def test_a_second_person_cannot_approve_what_nobody_proposed(
    workspace: Workspace, project: Project, document: Document
) -> None:
    make_ready(workspace, project, document)
    with pytest.raises(InputError, match="must be proposed before"):
        review.approve(workspace, project, document, by=BOB)


def test_who_is_alone_proposes_and_approves_and_both_are_recorded(
    workspace: Workspace, project: Project, document: Document
) -> None:
    make_ready(workspace, project, document)
    approved = review.approve(workspace, project, document, by=ADA)
    assert (approved.proposer_id, approved.reviewer_id) == (ADA.id, ADA.id)
    actions = [entry.action for entry, _ in audit.entries(workspace.db, about=document.id)]
    assert actions[-2:] == ["review proposed", "review approved"]


def test_the_rule_is_switched_with_an_entry_and_holds_for_one_person_too(
    workspace: Workspace, project: Project, document: Document
) -> None:
    review.set_two_person(workspace, project, "on", by=ADA)
    make_ready(workspace, project, document)
    review.propose(workspace, project, document, by=ADA)
    with pytest.raises(InputError, match="who proposed"):
        review.approve(workspace, project, document, by=ADA)
    entry = next(e for e, _ in audit.entries(workspace.db, about=project.id) if e.action == "two-person rule changed")
    assert (entry.actor, entry.subjects["from"], entry.subjects["to"]) == ("Ada", "auto", "on")


def test_a_change_after_the_proposal_drops_it_and_says_why(
    workspace: Workspace, project: Project, document: Document
) -> None:
    make_ready(workspace, project, document)
    proposed = review.propose(workspace, project, document, by=ADA)
    decision = review.change_type(workspace, spans_of(workspace, document), entity="SITE", by=BOB)
    assert decision.dropped_ids == {document.id}
    stored = get(workspace.db, Review, proposed.id)
    assert (stored.state, stored.reason) == ("withdrawn", "Bob changed the type of a span")
    assert review.states_of(workspace, document.project_id)[document.id] == "in review"
    with pytest.raises(InputError, match="must be proposed before"):
        review.approve(workspace, project, document, by=BOB)


def test_the_states_follow_what_is_done(workspace: Workspace, project: Project, document: Document) -> None:
    assert review.states_of(workspace, document.project_id)[document.id] == "detected"
    make_ready(workspace, project, document)
    assert review.states_of(workspace, document.project_id)[document.id] == "in review"
    review.propose(workspace, project, document, by=ADA)
    assert review.states_of(workspace, document.project_id)[document.id] == "proposed"
    with pytest.raises(InputError, match="comment"):
        review.return_(workspace, document, comment=" ", by=BOB)
    review.return_(workspace, document, comment="Look at page 1 again.", by=BOB)
    assert review.states_of(workspace, document.project_id)[document.id] == "returned"
    returned = review.last_return(workspace, document)
    assert returned is not None and (returned.reason, returned.reviewer) == ("Look at page 1 again.", "Bob")
    review.propose(workspace, project, document, by=ADA)
    review.approve(workspace, project, document, by=BOB)
    assert review.states_of(workspace, document.project_id)[document.id] == "approved"
    assert review.last_return(workspace, document) is None


def test_nothing_stands_to_return(workspace: Workspace, document: Document) -> None:
    with pytest.raises(InputError, match="No proposal stands"):
        review.return_(workspace, document, comment="Why?", by=BOB)


def test_a_miss_counts_and_asks_for_another_round(workspace: Workspace, project: Project, document: Document) -> None:
    review.set_sample_size(workspace, project, 5, by=ADA)
    review.accept(workspace, spans_of(workspace, document), by=ADA)
    sample = review.draw(workspace, project, document, by=ADA)
    assert len(sample.drawn_ids) == 5
    assert review.draw(workspace, project, document, by=BOB).drawn_ids == sample.drawn_ids  # nobody draws what suits them
    where = int(sample.drawn_ids[0].removeprefix("passage-")) - 1
    start = TEXT.index(CLEAN[where])
    review.add(workspace, document, start=start, end=start + 7, entity="SITE", by=ADA)
    after = review.answer(workspace, document, sample.drawn_ids, by=ADA)
    assert (after.read, after.missed, after.is_settled) == (5, 1, False)
    assert "5 passages more must be read" in review.point_words(review.open_points(workspace, project, document)[0])
    second = review.draw(workspace, project, document, by=ADA)
    assert (second.round, set(second.drawn_ids) & set(sample.drawn_ids)) == (2, set())
    settled = review.answer(workspace, document, second.drawn_ids, by=ADA)
    assert (settled.read, settled.missed, settled.is_settled) == (10, 1, True)  # the miss stays counted


def test_a_miss_must_be_marked(workspace: Workspace, project: Project, document: Document) -> None:
    review.accept(workspace, spans_of(workspace, document), by=ADA)
    sample = review.draw(workspace, project, document, by=ADA)
    review.answer(workspace, document, sample.drawn_ids, missed_ids=sample.drawn_ids[:1], by=ADA)
    assert "not added yet" in review.point_words(review.open_points(workspace, project, document)[0])


def test_taking_a_mark_back_asks_about_its_passage_again(workspace: Workspace, project: Project, document: Document) -> None:
    sample = review.draw(workspace, project, document, by=ADA)
    review.answer(workspace, document, sample.drawn_ids, by=ADA)
    start = TEXT.index(CLEAN[4])
    decision = review.add_all(workspace, document, [(start, start + 7)], entity="SITE", by=ADA)
    assert review.sample_of(workspace, document).missed == 1
    review.undo(workspace, decision, by=ADA)
    again = review.sample_of(workspace, document)
    assert (again.missed, len(again.unread_ids)) == (0, 1)


def test_a_passage_that_was_not_drawn_cannot_be_answered(workspace: Workspace, document: Document) -> None:
    with pytest.raises(InputError, match="not in the sample"):
        review.answer(workspace, document, ["passage-3"], by=ADA)


def test_the_queue_puts_first_what_needs_a_person(workspace: Workspace, project: Project, document: Document) -> None:
    (entry,) = review.queue(workspace, project)
    assert (entry.state, entry.total, entry.undecided, entry.lone) == ("detected", 1, 1, 1)
