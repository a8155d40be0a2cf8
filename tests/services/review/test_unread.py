"""All at once may mean one signature, and never that nothing was looked at: what is unread is approved in words alone."""

import json

import pytest

from core.errors import InputError
from core.files import sha256_text
from core.identity import declared
from core.models.card import Origin, model_card
from core.privacy import mask
from core.records import (
    AuditEntry,
    Document,
    Project,
    QuestionPair,
    Review,
    Span,
    Unread,
    new_id,
    now,
)
from core.services import review
from core.services.documents.document_export import export_documents
from core.services.questions.freezing.version import freeze
from core.services.questions.pair_export import exportable_pairs
from core.services.review.second_search import store_second_search
from core.services.steps import project_steps
from core.storage import Workspace, audit, find, get, insert
from tests.services.review.valves import put_valves

ADA, BOB = declared("Ada"), declared("Bob")
TEXT = "Anna Berg opened the valve. The pump is dry. Later Bert Holm closed it."


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Valves", policy="all-at-once")


def put(workspace: Workspace, project: Project, *, kind: str = "txt") -> Document:
    """A document with two spans nobody decided on, and three passages, of which one holds no span."""
    return put_valves(workspace, project, TEXT, ((0, 27), (28, 44), (45, len(TEXT))), name="valves", kind=kind)


def decide(workspace: Workspace, document: Document) -> None:
    review.accept(workspace, find(workspace.db, Span, document_id=document.id), by=ADA)


def read(workspace: Workspace, project: Project, document: Document) -> None:
    drawn = review.draw(workspace, project, document, by=ADA).drawn_ids
    review.answer(workspace, document, drawn, by=ADA)


def search(workspace: Workspace, document: Document) -> None:
    masked = mask(TEXT, find(workspace.db, Span, document_id=document.id, order="start"))
    digest = sha256_text(masked.text)
    store_second_search(workspace, document, anonymized_sha256=digest, detector="spacy", places=())


def look_at_all(workspace: Workspace, project: Project, document: Document) -> None:
    decide(workspace, document)
    read(workspace, project, document)
    search(workspace, document)


def approval_entries(workspace: Workspace) -> list[AuditEntry]:
    return [entry for entry, _ in audit.entries(workspace.db) if entry.action == "review approved"]


def pair_of(workspace: Workspace, project: Project, approved: Review) -> QuestionPair:
    pair = QuestionPair(
        id=new_id("pair"), project_id=project.id, input="Who opened it?", output="Odile Marston opened the valve.",
        origin="written", document_id=approved.document_id, document_name="valves", review_id=approved.id, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, pair)
    return pair


def test_what_nobody_looked_at_is_not_approved_without_words_that_name_it(workspace: Workspace, project: Project) -> None:
    documents = [put(workspace, project), put(workspace, project)]
    for words in ("", "yes", "approve unread", "approve 4 spans and 2 passages unread"):
        with pytest.raises(
            InputError, match="approved unread: 4 spans undecided, 2 passages of the sample unread"
        ) as caught:
            review.approve_all(workspace, project, by=ADA, unread=words)
        assert '"approve 4 spans, 2 passages and 2 texts unread"' in caught.value.hint.words
    assert not any(workspace.active_review(document.id) for document in documents)
    words = "  Approve 4 spans,  2 passages and 2 texts UNREAD "  # as people type
    assert len(review.approve_all(workspace, project, by=ADA, unread=words)) == 2


def test_words_given_for_less_than_is_unread_now_approve_nothing(workspace: Workspace, project: Project) -> None:
    put(workspace, project)
    words = review.unread_phrase(review.unread_in(workspace, project, by=ADA))
    put(workspace, project)  # brought by somebody else meanwhile
    with pytest.raises(InputError, match="4 spans undecided"):
        review.approve_all(workspace, project, by=ADA, unread=words)


def test_all_that_was_looked_at_is_approved_at_once_like_any_other(workspace: Workspace, project: Project) -> None:
    documents = [put(workspace, project), put(workspace, project)]
    for document in documents:
        look_at_all(workspace, project, document)
    assert review.is_all_read(workspace, project)
    approved = review.approve_all(workspace, project, by=ADA)
    assert [given.unread for given in approved] == [Unread(), Unread()]
    assert [review.unread_sentence(given) for given in approved] == [None, None]
    assert not any(name.startswith("unread") for entry in approval_entries(workspace) for name in entry.counts)
    assert "(unread)" not in project_steps(workspace, project)[1].summary


@pytest.mark.parametrize(
    ("done", "left"),
    [
        ((), Unread(undecided=2, unsampled=1, unsearched=1)),
        ((decide,), Unread(unsampled=1, unsearched=1)),
        ((search,), Unread(undecided=2, unsampled=1)),
        ((search, decide), Unread(unsampled=1)),
    ],
)
def test_each_thing_left_out_is_counted(
    workspace: Workspace, project: Project, done: tuple[object, ...], left: Unread
) -> None:
    document = put(workspace, project)
    for act in done:
        act(workspace, document)  # type: ignore[operator]
    assert review.unread_of(workspace, project, document) == left
    with pytest.raises(InputError):
        review.approve(workspace, project, document, by=ADA)
    approved = review.approve(workspace, project, document, by=ADA, unread=review.unread_phrase(left))
    assert get(workspace.db, Review, approved.id).unread == left


def test_a_second_search_of_another_text_counts_as_none(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    search(workspace, document)
    spans = find(workspace.db, Span, document_id=document.id)
    review.reject(workspace, spans[:1], by=ADA)
    assert review.unread_of(workspace, project, document).unsearched == 1


def test_a_passage_said_to_hold_something_unmarked_is_approved_in_no_words(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    decide(workspace, document)
    search(workspace, document)
    drawn = review.draw(workspace, project, document, by=ADA).drawn_ids
    review.answer(workspace, document, drawn, missed_ids=drawn, by=ADA)
    words = review.unread_phrase(review.unread_of(workspace, project, document))
    for act in (
        lambda: review.approve(workspace, project, document, by=ADA, unread=words),
        lambda: review.approve_all(workspace, project, by=ADA, unread=words),
        lambda: review.propose(workspace, project, document, by=ADA),
    ):
        with pytest.raises(InputError, match="holds something that was not added"):
            act()


def test_a_proposal_of_what_nobody_looked_at_is_approved_by_another_in_words_alone(
    workspace: Workspace, project: Project
) -> None:
    review.set_two_person(workspace, project, "on", by=ADA)
    document = put(workspace, project)
    proposed = review.propose(workspace, project, document, by=ADA)
    assert proposed.unread == Unread(undecided=2, unsampled=1, unsearched=1)
    with pytest.raises(InputError, match="approved unread"):
        review.approve(workspace, project, document, by=BOB)
    with pytest.raises(InputError, match="two persons"):  # who proposed it may not, in whatever words
        review.approve(workspace, project, document, by=ADA, unread="approve 2 spans, 1 passage and 1 text unread")
    search(workspace, document)  # after the proposal
    approved = review.approve(workspace, project, document, by=BOB, unread="approve 2 spans and 1 passage unread")
    assert (approved.id, approved.unread) == (proposed.id, Unread(undecided=2, unsampled=1))
    assert approved.second_found == 0
    assert review.unread_sentence(approved) == ("Approved unread by Bob: 2 spans undecided, 1 passage of the sample unread.")


def test_imported_pairs_are_no_way_around_it(workspace: Workspace, project: Project) -> None:
    put(workspace, project, kind="pairs")
    with pytest.raises(InputError, match="approved unread"):
        review.approve_all(workspace, project, by=ADA)


def test_the_policy_for_each_document_takes_no_words(workspace: Workspace) -> None:
    project = workspace.create_project("Strict")
    document = put(workspace, project)
    words = review.unread_phrase(review.unread_of(workspace, project, document))
    with pytest.raises(InputError, match="not decided yet"):
        review.approve(workspace, project, document, by=ADA, unread=words)
    look_at_all(workspace, project, document)
    assert review.approve(workspace, project, document, by=ADA).unread == Unread()


def test_what_stands_approved_is_not_asked_about_again(workspace: Workspace, project: Project) -> None:
    first = put(workspace, project)
    words = review.unread_phrase(review.unread_of(workspace, project, first))
    assert not review.is_all_read(workspace, project)
    approved = review.approve(workspace, project, first, by=ADA, unread=words)
    assert not review.is_all_read(workspace, project)  # nothing waits, and what stands was approved unread
    second = put(workspace, project)
    look_at_all(workspace, project, second)
    assert review.unread_in(workspace, project, by=ADA) == Unread()
    assert approved.id in [given.id for given in review.approve_all(workspace, project, by=ADA)]


def test_it_is_in_the_first_line_of_the_dataset_and_the_card_and_in_the_log(workspace: Workspace, project: Project) -> None:
    read_one, unread_one = put(workspace, project), put(workspace, project)
    look_at_all(workspace, project, read_one)
    words = review.unread_phrase(review.unread_in(workspace, project, by=ADA))
    approved = review.approve_all(workspace, project, by=ADA, unread=words)
    for given in approved:
        pair_of(workspace, project, given)
    said = (
        "Approved unread by Ada in 1 of 2 documents: 2 spans undecided, 1 passage of the sample unread, "
        "second search not run on 1 document."
    )
    version = freeze(workspace, project)
    assert review.approval_words(version.risk)[0] == said
    assert json.loads(json.dumps(version.risk))["unread"]["by"] == ["Ada"]
    origin = Origin(
        model="m", model_sha256="", license="", run_id="run-1", dataset_sha256="", risk=review.risk_words(version.risk),
        unread=review.unread_risk(version.risk),
    )  # fmt: skip
    lines = [line for line in model_card(origin).partition("# m, tuned")[2].splitlines()[1:] if line]
    assert lines[0] == f"**{said}**"
    assert exportable_pairs(workspace, project).unread == said
    (entry,) = [entry for entry in approval_entries(workspace) if entry.subjects["document"] == unread_one.id]
    assert {name: entry.counts[f"unread: {name}"] for name in ("undecided", "unsampled", "unsearched")} == {
        "undecided": 2, "unsampled": 1, "unsearched": 1,
    }  # fmt: skip
    assert "2 of 2 approved (1 unread)" in project_steps(workspace, project)[1].summary
    assert [entry.is_unread for entry in review.queue(workspace, project)].count(True) == 1


def test_the_readme_of_exported_files_begins_with_it(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    words = review.unread_phrase(review.unread_of(workspace, project, document))
    review.approve(workspace, project, document, by=ADA, unread=words)
    export = export_documents(workspace, [document], workspace.home / "out", format="txt")
    readme = (workspace.home / "out" / "README.txt").read_text(encoding="utf-8")
    assert export.unread and readme.splitlines()[0] == export.unread and export.unread.startswith("Approved unread by Ada: ")


def test_approvals_from_before_it_was_recorded_say_nothing_of_it(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    words = review.unread_phrase(review.unread_of(workspace, project, document))
    approved = review.approve(workspace, project, document, by=ADA, unread=words)
    workspace.db.execute("update reviews set unread = null")
    old = get(workspace.db, Review, approved.id)
    assert old.unread is None and review.unread_sentence(old) is None
    assert review.unread_risk(review.risk_of([old])) is None
    assert review.approval_words({"documents": 1} | review.risk_of([old])) == review.risk_words(review.risk_of([old]))
    assert review.approve(workspace, project, document, by=ADA).id == approved.id  # and stand as they were given


def test_a_sample_that_the_rules_do_not_ask_for_is_not_unread(workspace: Workspace, project: Project) -> None:
    document = put(workspace, project)
    review.set_sample_size(workspace, project, 0, by=ADA)
    assert review.unread_of(workspace, project, document) == Unread(undecided=2, unsearched=1)


def test_a_run_made_before_says_nothing_of_it() -> None:
    assert review.unread_risk({}) is None and review.approval_words({}) == review.risk_words({})
