"""The review page: decisions under a name, spans that were missed, approval."""

import re

import pytest

from core.files import sha256_text
from core.identity import declared
from core.privacy import mask
from core.records import SEARCH_VERSION, Document, Job, Page, Span, Unread, now
from core.services import review
from core.services.review.second_search import store_second_search
from core.storage import count, find, get, insert
from tests.unread import approve_unread

TEXT = "Sgt. Miller called Maria Keller.\n\nMaria Keller keeps the filter. <b>Ask Osborne</b>, or osborne, not Osbornes."


@pytest.fixture
def add_document(workspace):
    """Store a searched document of two pages in which every Maria Keller and Sgt. Miller is marked."""

    def add(project, name="Filter.md", text=TEXT):
        sha256 = sha256_text(text)
        document = Document(
            id=f"document-{name.split('.')[0]}", project_id=project.id, name=name, kind="md", size_bytes=9, sha256=sha256,
            text_sha256=sha256, analyzed_sha256=sha256, state="read",
            search_version=SEARCH_VERSION, page_count=2, word_count=15, created_at=now(),
        )  # fmt: skip
        insert(workspace.db, document)
        middle = text.index("\n\n") + 2
        pages = (
            Page(number=1, label="page 1", start=0, end=middle),
            Page(number=2, label="page 2", start=middle, end=len(text)),
        )
        workspace.store_text(document, text, pages=pages)
        for found in re.finditer("Sgt. Miller|Maria Keller", text):
            surrogate = "Alan Reyes" if found.group().startswith("Maria") else "Sgt. Holt"
            insert(
                workspace.db,
                Span(
                    id=f"{name}-{found.start()}", document_id=document.id, start=found.start(), end=found.end(),
                    entity="PERSON", score=0.85, detector="spacy", surrogate=surrogate,
                ),
            )  # fmt: skip
        return document

    return add


def states(workspace, document):
    return [span.state for span in find(workspace.db, Span, document_id=document.id, order="start")]


@pytest.fixture
def easy(workspace):
    """A project that lets whoever proposes approve, also unread, where it is said in words."""
    project = workspace.create_project("Filters", policy="all-at-once")
    review.set_two_person(workspace, project, "off", by=declared("Eve Frost"))
    return project


def confirm_unread(app, words):
    """Type the words for what nobody looked at."""
    app.text_input(key="unread-words").set_value(words)
    return next(button for button in app.button if button.label == "Approve unread").click().run()


def approval_buttons(app):
    """The buttons of an approval that stand out, by their keys."""
    keys = ("approve-all", "approve", "propose", "search-again")
    return [button.key for button in app.button if button.key in keys and button.proto.type == "primary"]


def named(app, name="Dana Ruiz"):
    return app.text_input(key="reviewer").set_value(name).run()


def test_nobody_decides_or_approves_without_a_name(open_page, workspace, add_document):
    project = workspace.create_project("Filters")
    add_document(project)
    app = open_page("review", project_id=project.id)
    assert not app.exception
    assert all(app.button(key=key).disabled for key in ("accept", "reject", "propose", "add"))
    named(app)
    assert not app.button(key="accept").disabled


def test_decisions_are_stored_with_the_name_and_lead_to_the_next_open_mark(open_page, workspace, add_document):
    project = workspace.create_project("Filters")
    document = add_document(project)
    app = named(open_page("review", project_id=project.id))
    app.button(key="accept").click().run()
    app.button(key="reject").click().run()
    assert states(workspace, document) == ["accepted", "rejected", "detected"]
    assert {span.reviewer for span in find(workspace.db, Span, document_id=document.id) if span.state != "detected"} == {
        "Dana Ruiz"
    }
    assert any("Span 3 of 3" in text.value for text in app.markdown)


def test_one_decision_covers_equal_text_in_every_document(open_page, workspace, add_document):
    project = workspace.create_project("Filters")
    first, second = add_document(project, "A.md"), add_document(project, "B.md")
    app = named(open_page("review", project_id=project.id))
    app.button(key="next").click().run()
    app.button(key="reject-equal").click().run()
    assert any("4 spans in 2 documents become rejected" in text.value for text in app.markdown)
    assert states(workspace, first) == states(workspace, second) == ["detected", "detected", "detected"]
    app.button(key="confirm").click().run()
    assert states(workspace, first) == states(workspace, second) == ["detected", "rejected", "rejected"]


def test_lost_approvals_are_told_before_and_leaving_it_changes_nothing(open_page, workspace, add_document, easy):
    documents = [add_document(easy, name) for name in ("A.md", "B.md")]
    approve_unread(workspace, easy, documents[1], by=declared("Eve Frost"))
    app = named(open_page("review", project_id=easy.id))
    app.button(key="next").click().run()
    app.button(key="reject-equal").click().run()
    assert any("1 approved document loses its approval" in text.value for text in app.markdown)
    app.button(key="leave").click().run()
    assert states(workspace, documents[1]) == ["detected"] * 3
    assert workspace.active_review(documents[1].id) is not None
    assert "confirm" not in [button.key for button in app.button]


def test_a_decision_is_asked_again_when_it_would_change_something_else_by_now(open_page, workspace, add_document, easy):
    documents = [add_document(easy, name) for name in ("A.md", "B.md")]
    app = named(open_page("review", project_id=easy.id))
    app.button(key="next").click().run()
    app.button(key="reject-equal").click().run()
    approve_unread(workspace, easy, documents[1], by=declared("Eve Frost"))
    app.button(key="confirm").click().run()
    assert states(workspace, documents[0]) == ["detected"] * 3
    assert any("1 approved document loses its approval" in text.value for text in app.markdown)


def test_equal_marks_of_one_unapproved_document_are_decided_without_a_question_and_undone(
    open_page, workspace, add_document
):
    project = workspace.create_project("Filters")
    document = add_document(project)
    app = named(open_page("review", project_id=project.id))
    app.button(key="next").click().run()
    app.button(key="reject-equal").click().run()
    assert states(workspace, document) == ["detected", "rejected", "rejected"]
    assert app.button(key="undo").label == "Undo: 2 spans rejected (u)"
    app.button(key="undo").click().run()
    assert states(workspace, document) == ["detected"] * 3
    assert "undo" not in [button.key for button in app.button]


def test_undoing_says_that_approvals_do_not_come_back(open_page, workspace, add_document, easy):
    document = add_document(easy)
    approve_unread(workspace, easy, document, by=declared("Eve Frost"))
    app = named(open_page("review", project_id=easy.id))
    app.button(key="reject").click().run()
    app.button(key="confirm").click().run()
    app.button(key="undo").click().run()
    assert states(workspace, document) == ["detected"] * 3
    assert any("1 document without its approval must be approved again" in text.value for text in app.caption)
    assert workspace.active_review(document.id) is None


def test_what_was_approved_is_not_undone_by_a_key(open_page, workspace, add_document, easy):
    add_document(easy, "A.md")
    app = named(open_page("review", project_id=easy.id))
    app.button(key="reject").click().run()
    app.button(key="approve").click().run()
    confirm_unread(app, "approve 2 spans and 1 text unread")
    assert workspace.active_review("document-A")
    assert "undo" not in [button.key for button in app.button]


def test_a_rejected_mark_stays_readable_and_its_finder_is_named_in_words(open_page, workspace, add_document):
    project = workspace.create_project("Filters")
    document = add_document(project)
    review.reject(workspace, find(workspace.db, Span, document_id=document.id), by=declared("Eve Frost"))
    app = open_page("review", project_id=project.id)
    shown = " ".join(text.value for text in app.markdown)
    assert "Replaced by" not in shown and "stays readable" in shown
    assert "Found by: the name finder" in shown and "spacy" not in shown


def test_typed_text_is_marked_wherever_it_stands_as_a_word(open_page, workspace, add_document):
    project = workspace.create_project("Filters")
    document = add_document(project)
    app = named(open_page("review", project_id=project.id))
    app.text_input(key="add-value").set_value("Osborne").run()
    assert app.button(key="add").label == "Add 2 places"
    app.button(key="add").click().run()
    added = find(workspace.db, Span, document_id=document.id, detector="reviewer", order="start")
    assert [TEXT[span.start : span.end] for span in added] == ["Osborne", "osborne"]


def test_approval_stands_under_the_name_and_the_queue_moves_on(open_page, workspace, add_document, easy):
    first, second = add_document(easy, "A.md"), add_document(easy, "B.md")
    app = named(open_page("review", project_id=easy.id))
    app.button(key="approve").click().run()
    assert workspace.active_review(first.id) is None
    confirm_unread(app, "approve 3 spans and 1 text unread")
    standing = workspace.active_review(first.id)
    assert standing is not None and standing.reviewer == "Dana Ruiz"
    assert "Maria Keller" not in workspace.anonymized_text(easy.id, standing)
    assert app.selectbox(key="review-document").value == second.id


def test_all_documents_are_approved_at_once_only_where_the_policy_says_so(open_page, workspace, add_document):
    strict, easy = workspace.create_project("Strict"), workspace.create_project("Easy", policy="all-at-once")
    add_document(strict, "A.md")
    documents = [add_document(easy, "B.md"), add_document(easy, "C.md")]
    assert "approve-all" not in [button.key for button in open_page("review", project_id=strict.id).button]
    app = named(open_page("review", project_id=easy.id))
    app.button(key="approve-all").click().run()
    confirm_unread(app, "approve 6 spans and 2 texts unread")
    assert all(workspace.active_review(document.id) for document in documents)
    assert approval_buttons(app) == []  # nothing is left to approve
    assert any("Approved unread by Dana Ruiz: 3 spans undecided" in text.value.replace("\\", "") for text in app.markdown)


def test_approving_all_is_no_primary_button_and_no_single_click_while_something_is_unread(
    open_page, workspace, add_document, easy
):
    documents = [add_document(easy, "A.md"), add_document(easy, "B.md")]
    app = named(open_page("review", project_id=easy.id))
    assert approval_buttons(app) == []
    app.button(key="approve-all").click().run()
    assert not any(workspace.active_review(document.id) for document in documents)
    told = " ".join(text.value for text in app.markdown)
    assert "6 spans undecided, second search not run on 2 documents" in told
    confirm_unread(app, "yes")
    assert "approve 6 spans and 2 texts unread" in app.error[0].value and "garrison" not in app.error[0].value
    assert not any(workspace.active_review(document.id) for document in documents)
    assert app.text_input(key="unread-words").value == "yes"  # the question stays
    app.button(key="unread-leave").click().run()
    assert "unread-words" not in [field.key for field in app.text_input]


def test_what_was_looked_at_is_approved_with_the_primary_button_and_no_words(open_page, workspace, add_document, easy):
    documents = [add_document(easy, "A.md"), add_document(easy, "B.md")]
    for document in documents:
        review.accept(workspace, find(workspace.db, Span, document_id=document.id), by=declared("Eve Frost"))
        text = mask(TEXT, find(workspace.db, Span, document_id=document.id, order="start")).text
        store_second_search(workspace, document, anonymized_sha256=sha256_text(text), detector="rampart", places=())
    app = named(open_page("review", project_id=easy.id))
    assert approval_buttons(app) == ["approve-all"]
    app.button(key="approve-all").click().run()
    assert all(workspace.active_review(document.id) for document in documents)
    assert "unread" not in " ".join(text.value for text in app.markdown).replace("approved only in words", "").lower()


def test_a_proposal_of_what_nobody_looked_at_is_approved_in_words(open_page, workspace, add_document, easy):
    document = add_document(easy)
    review.propose(workspace, easy, document, by=declared("Eve Frost"))
    app = named(open_page("review", project_id=easy.id))
    assert approval_buttons(app) == []
    app.button(key="approve").click().run()
    assert workspace.active_review(document.id) is None
    confirm_unread(app, "approve 3 spans and 1 text unread")
    assert workspace.active_review(document.id).unread == Unread(undecided=3, unsearched=1)


def test_the_policy_says_what_differs(open_page):
    app = open_page()
    help_ = app.radio(key="new-project-policy").help
    assert "Approved unread by" in help_ and "only in words" in help_


def test_a_changed_text_on_disk_is_refused_with_a_sentence(open_page, workspace, add_document, easy):
    document = add_document(easy)
    app = named(open_page("review", project_id=easy.id))
    (workspace.document_folder(document) / "text.txt").write_text(TEXT + " more", encoding="utf-8")
    app.button(key="approve").click().run()
    confirm_unread(app, "approve 3 spans and 1 text unread")
    assert "is not the one that was searched" in app.error[0].value
    assert workspace.active_review(document.id) is None


def test_unsearched_documents_are_searched_before_they_are_reviewed(open_page, workspace, add_document):
    project = workspace.create_project("Filters")
    document = add_document(project)
    workspace.db.execute("update documents set analyzed_sha256 = '' where id = ?", [document.id])
    app = open_page("review", project_id=project.id)
    assert [button.key for button in app.main.button] == ["find-personal-data"]
    assert get(workspace.db, Document, document.id).is_analyzed is False
    assert count(workspace.db, Span, document_id=document.id) == 3


@pytest.mark.usefixtures("waiting_jobs")
@pytest.mark.parametrize("page", ["documents", "review"])
def test_documents_that_an_earlier_version_searched_are_offered_to_be_searched_again(
    open_page, workspace, add_document, easy, page
):
    document = add_document(easy)
    workspace.db.execute("update documents set search_version = 0 where id = ?", [document.id])
    app = open_page(page, project_id=easy.id)
    assert "1 document was searched by an earlier version of Garrison" in app.warning[0].value
    app.button(key="search-again").click().run()
    [job] = find(workspace.db, Job, kind="anonymize")
    assert job.params["again"] is True


def test_documents_of_this_version_are_not(open_page, add_document, easy):
    add_document(easy)
    assert not open_page("review", project_id=easy.id).warning
