"""The map of the passages where there are many documents: pages, search, order, and the page of what is open."""

from dataclasses import replace

import pytest

from core.records import Document, Passage, Review
from core.storage import get, insert
from dashboard.components.questions import coverage_map
from dashboard.components.questions.coverage_map import AT_ONCE
from dashboard.components.questions.curation.filters import DOCUMENT, PASSAGE

NUMBER = AT_ONCE + 5


@pytest.fixture
def opened(open_page, workspace, learned, monkeypatch):
    """The page with 25 documents that nothing asks about, beside the one of the fixture; what is drawn; the project's id."""
    pattern = get(workspace.db, Document, "document-1")
    for number in range(NUMBER):
        document = replace(pattern, id=f"document-n{number}", name=f"Manual {number:02}.pdf")
        passage = Passage(
            id=f"passage-n{number}", document_id=document.id, index=0, start=0, end=4, heading="", page="page 1",
            token_count=1, text="Text",
        )  # fmt: skip
        review = Review(
            id=f"review-n{number}", document_id=document.id, reviewer="Ada", text_sha256="", anonymized_sha256="",
            span_count=0, created_at=pattern.created_at,
        )  # fmt: skip
        insert(workspace.db, document)
        insert(workspace.db, passage)
        workspace.store_approval(document, review, text="Text", passages=[passage])
    drawn = []
    monkeypatch.setattr(coverage_map, "show_heat_map", lambda documents, **given: drawn.append((documents, given)))
    app = open_page("questions", project_id=learned.project.id)
    return app, drawn, learned.project.id


def names(drawn):
    return [each.name for each in drawn[-1][0]]


def words(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption))


def test_pages_lead_through_all_documents_the_least_asked_about_first(opened):
    app, drawn, _ = opened
    assert not app.exception
    assert names(drawn) == [f"Manual {number:02}.pdf" for number in range(AT_ONCE)]
    assert f"1 to {AT_ONCE} of {NUMBER + 1} documents" in words(app)
    assert app.button(key="map-page-previous").disabled and app.button(key="map-page-first").disabled
    app.button(key="map-page-next").click().run()
    assert names(drawn)[-2:] == ["Manual 24.pdf", "Winch.md"]
    assert app.button(key="map-page-next").disabled
    app.button(key="map-page-first").click().run()
    assert names(drawn)[0] == "Manual 00.pdf"


def test_document_is_found_by_its_name_and_the_order_is_chosen(opened):
    app, drawn, project_id = opened
    app.button(key="map-page-last").click().run()
    app.selectbox(key=f"map-order-{project_id}").set_value("most covered").run()
    assert names(drawn)[0] == "Winch.md"
    app.text_input(key=f"map-words-{project_id}").set_value("manual 20").run()
    assert names(drawn) == ["Manual 20.pdf"]
    assert not [each for each in app.button if each.key == "map-page-next"]
    app.text_input(key=f"map-words-{project_id}").set_value("nowhere").run()
    assert "No document has these words in its name." in words(app)


def test_map_goes_to_the_page_of_a_passage_that_was_opened_elsewhere_and_may_be_left_again(opened):
    app, drawn, _ = opened
    app.session_state[PASSAGE], app.session_state[DOCUMENT] = "passage-0", "document-1"
    app.run()
    assert "Winch.md" in names(drawn) and drawn[-1][1]["shown"] == "passage-0"
    app.button(key="map-page-first").click().run()
    assert names(drawn)[0] == "Manual 00.pdf"


def test_few_documents_need_neither_search_nor_pages(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    keys = [each.key or "" for each in (*app.button, *app.text_input, *app.selectbox)]
    assert not [key for key in keys if key.startswith("map-")]


def test_square_opens_its_passage_and_draws_the_whole_page(opened, monkeypatch):
    app, drawn, _ = opened
    told = []
    monkeypatch.setattr(coverage_map, "open_passage", lambda *place: told.append(place))
    drawn[-1][1]["opened"]("passage-n3")
    assert told == [("passage-n3", "document-n3")]
    assert app.session_state["coverage-map-state"].has_opened
    app.run()
    assert not app.session_state["coverage-map-state"].has_opened
