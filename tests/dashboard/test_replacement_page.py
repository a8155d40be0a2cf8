"""The Replacement page: what replaces each type, a change with what it touches, and re-identification."""

import pytest

from core.files import sha256_text
from core.identity import declared
from core.records import SEARCH_VERSION, Document, Span, now
from core.services.privacy import reidentification
from core.services.privacy.project_surrogates import store_surrogates, surrogate_table
from core.storage import find, insert
from tests.unread import approve_unread

PASSPHRASE = "four words are enough here"
TEXT = "John Smith signed."


@pytest.fixture
def project(workspace):
    """A project with one document, searched and approved."""
    project = workspace.create_project("Pumps", policy="all-at-once")
    sha256 = sha256_text(TEXT)
    document = Document(
        id="document-1", project_id=project.id, name="a.txt", kind="txt", size_bytes=18, sha256=sha256, text_sha256=sha256,
        analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, TEXT, pages=())
    permitted = workspace.allowed("find personal data", project.id)
    table = surrogate_table(permitted, project.id)
    insert(
        workspace.db,
        Span(
            id="span-1", document_id=document.id, start=0, end=10, entity="PERSON", score=0.9, detector="rules",
            surrogate=table.surrogate("PERSON", "John Smith"),
        ),
    )  # fmt: skip
    store_surrogates(permitted, project.id, table)
    approve_unread(workspace, project, document, by=declared("Bo"))
    return project


def surrogate(workspace) -> str:
    return find(workspace.db, Span)[0].surrogate


def seen(app) -> str:
    """Everything a person can read on the page, tables included."""
    boxes = [*app.markdown, *app.caption, *app.warning, *app.success, *app.error, *app.info]
    return "\n".join([*(box.value for box in boxes), *(frame.value.to_string() for frame in app.dataframe)])


def test_a_project_without_documents_says_what_comes_first(open_page, workspace):
    app = open_page("replacement", project_id=workspace.create_project("Empty").id)
    assert not app.exception and "No personal data was looked for yet" in seen(app)


def test_types_are_listed_without_any_value(open_page, workspace, project):
    app = open_page("replacement", project_id=project.id)
    assert not app.exception
    assert app.dataframe[0].value["Found"].tolist() == [1]
    assert "John" not in seen(app) and surrogate(workspace) not in seen(app)


def test_a_change_shows_what_it_touches_and_happens_when_asked(open_page, workspace, project):
    app = open_page("replacement", project_id=project.id)
    app.selectbox(key="replacement-treatment-PERSON").select("keep").run()
    assert "1 approval will be withdrawn" in seen(app) and "stays readable" in seen(app)
    assert workspace.active_review("document-1")
    assert app.button(key="replacement-apply").disabled
    app.text_input(key="reviewer").input("Ada").run()
    app.button(key="replacement-apply").click().run()
    assert "Changed: 1 span" in seen(app) and workspace.active_review("document-1") is None
    assert "Person stays readable" in seen(app)


@pytest.mark.slow
def test_reidentification_is_set_up_after_its_warning_opened_once_and_turned_off(open_page, workspace, project):
    app = open_page("replacement", project_id=project.id)
    assert "gone for good" in seen(app)
    app.text_input(key="reviewer").input("Ada").run()
    app.text_input(key="reidentification-new").input(PASSPHRASE)
    app.text_input(key="reidentification-again").input(PASSPHRASE)
    app.button(key="reidentification-set-up-go").click().run()
    assert "Tick that you know" in seen(app) and reidentification.setup_of(workspace, project) is None
    app.text_input(key="reidentification-new").input(PASSPHRASE)
    app.text_input(key="reidentification-again").input(PASSPHRASE)
    app.checkbox(key="reidentification-understood").check()
    app.button(key="reidentification-set-up-go").click().run()
    assert not app.exception and "Re-identification is set up" in seen(app)

    def look(passphrase: str) -> None:
        app.text_area(key="reidentification-asked").input(surrogate(workspace))
        app.text_input(key="reidentification-reason").input("asked by the court")
        app.text_input(key="reidentification-given").input(passphrase)
        app.button(key="reidentification-open-go").click().run()

    look("something else entirely")
    assert "passphrase is wrong" in seen(app) and "John Smith" not in seen(app)
    look(PASSPHRASE)
    assert "John Smith" in seen(app) and "asked by the court" in seen(app)
    assert "reidentification-given" not in app.session_state
    app = open_page("replacement", project_id=project.id)
    assert "John Smith" not in seen(app)
    app.text_input(key="reviewer").input("Ada").run()
    app.text_input(key="reidentification-typed").input("Pumps")
    app.button(key="reidentification-off-go").click().run()
    assert reidentification.setup_of(workspace, project) is None and "were deleted" in seen(app)


def test_a_name_with_formatting_is_shown_as_it_is(open_page, workspace, project):
    reidentification.set_up(workspace, project, passphrase=PASSPHRASE, person=declared("![x](http://a.b/c.png)"))
    app = open_page("replacement", project_id=project.id)
    assert not app.exception and "![x](http" not in seen(app)
