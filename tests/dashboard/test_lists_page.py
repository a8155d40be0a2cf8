"""The lists page: what is added holds at once and says so beforehand; nothing is changed without a name."""

import pytest

from core.privacy.classification.markings import Marking
from core.records import CustomPattern, Document, ListEntry, Project, Span
from core.storage import find, insert, update


def open_lists(open_page, learned, *, name: str = "Ada", tab: str = "Always replaced (deny list)"):
    app = open_page("lists", project_id=learned.project.id)
    app.session_state["lists-tab"] = tab
    app.run()
    if name:
        app.text_input(key="reviewer").set_value(name).run()
    assert not app.exception and not app.error
    return app


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("Always replaced (deny list)", "Nothing is denied yet"),
        ("Never replaced (allow list)", "Nothing is allowed yet"),
        ("Patterns", "No pattern yet"),
        ("Suggestions", "Nothing to suggest"),
    ],
)
def test_empty_project_says_what_to_do(open_page, workspace, tab, words):
    app = open_page("lists", project_id=workspace.create_project("Empty").id)
    app.session_state["lists-tab"] = tab
    app.run()
    assert not app.exception and not app.error
    assert words in " ".join(text.value for text in app.markdown)


def test_entry_is_previewed_then_added_and_takes_the_approval(open_page, workspace, learned):
    app = open_lists(open_page, learned)
    app.text_area(key="deny-new-0").set_value("winch").run()
    assert any("Found 1 time in 1 document." in text.value and "1 approval withdrawn" in text.value for text in app.markdown)
    assert find(workspace.db, ListEntry) == []
    app.button(key="deny-add").click().run()
    assert not app.exception and not app.error
    [entry] = find(workspace.db, ListEntry)
    assert (entry.text, entry.kind, entry.added_by, entry.project_id) == ("winch", "deny", "Ada", learned.project.id)
    assert [span.detector for span in find(workspace.db, Span)] == ["list"]
    assert workspace.active_review("document-1") is None
    assert "1 approval withdrawn" in app.success[0].value


def test_nothing_can_be_added_without_a_name(open_page, workspace, learned):
    app = open_lists(open_page, learned, name="")
    app.text_area(key="deny-new-0").set_value("winch").run()
    assert app.button(key="deny-add").disabled


def test_entry_that_cannot_stand_on_a_list_is_refused_in_words(open_page, workspace, learned):
    app = open_lists(open_page, learned, tab="Never replaced (allow list)")
    app.text_area(key="allow-new-0").set_value("…").run()
    assert "An entry needs 2 to 200 characters" in app.error[0].value


def test_built_pattern_shows_where_it_fits_as_plain_text_and_is_added(open_page, workspace, learned):
    app = open_lists(open_page, learned, tab="Patterns")
    app.selectbox(key="rule-kind-0").set_value("digits").run()
    app.selectbox(key="rule-kind-1").set_value("separator").run()
    app.selectbox(key="rule-kind-2").set_value("letters").run()
    app.number_input(key="rule-most-2").set_value(9).run()
    assert any("⟦12 tonnes⟧. <b>Watch</b>" in code.value for code in app.code)
    app.text_area(key="rule-fits-not").set_value("44 tonnes").run()
    assert "fits example 1" in app.error[0].value
    app.text_area(key="rule-fits-not").set_value("").run()
    app.text_input(key="rule-name").set_value("Loads").run()
    app.button(key="rule-add").click().run()
    assert not app.exception and not app.error
    assert [(rule.name, rule.entity) for rule in find(workspace.db, CustomPattern)] == [("Loads", "ID_NUMBER")]


def test_correction_is_suggested_and_added_only_when_somebody_says_so(open_page, workspace, learned):
    text = workspace.text(find(workspace.db, Document)[0])
    start = text.index("winch")
    insert(
        workspace.db,
        Span(
            id="span-1", document_id="document-1", start=start, end=start + 5, entity="SITE", score=1.0, detector="reviewer",
            state="accepted", reviewer="Ada", surrogate="Rowan",
        ),
    )  # fmt: skip
    app = open_lists(open_page, learned, tab="Suggestions")
    assert find(workspace.db, ListEntry) == []
    app.button(key="suggest-add-0").click().run()
    assert not app.exception and not app.error
    assert [(entry.text, entry.entity) for entry in find(workspace.db, ListEntry)] == [("winch", "SITE")]


def test_marked_document_shows_its_marking_and_that_it_lies_above_the_project(open_page, workspace, learned):
    marking = Marking(3, "SECRET//NOFORN")
    update(workspace.db, Document, "document-1", marking=marking.text, marking_level=marking.level)
    for page in ("documents", "review"):
        app = open_page(page, project_id=learned.project.id)
        assert any("Marked SECRET" in text.value for text in app.markdown), page
        assert any("This project permits documents up to UNCLASSIFIED or OFFICIAL" in error.value for error in app.error), (
            page
        )


def test_new_project_takes_the_chosen_marking(open_page, workspace):
    app = open_page()
    app.text_input(key="first-project-name").set_value("Pumps")
    app.selectbox(key="first-project-marking").set_value("restricted")
    next(
        button for button in app.button if button.label == "Create project" and "first-project" in str(button.proto)
    ).click().run()
    assert [project.highest_marking for project in find(workspace.db, Project)] == ["restricted"]
