"""What the review page offers follows from the kind of an open point, however its sentence is worded."""

import pytest

from core.files import sha256_text
from core.records import SEARCH_VERSION, Document, Job, Page, Passage, Project, Span, now
from core.services import review
from core.services.review import OpenPoint, PointKind
from core.storage import Workspace, find, insert
from tests.dashboard.conftest import OpenPage

TEXT = "Maria Keller keeps the filter.\nThe pump is dry."
# the button that settles a point of this kind
BUTTONS = {
    PointKind.UNDECIDED: "accept",
    PointKind.UNREAD: "read-sample",
    PointKind.WITHOUT_SPAN: "read-sample",
    PointKind.SAMPLE_DUE: "read-sample",
    PointKind.SAMPLE_DUE_AGAIN: "read-sample",
    PointKind.UNSEARCHED: "search-again",
}
REWORDED = "This still waits for somebody."


@pytest.fixture
def project(workspace: Workspace) -> Project:
    """A project with one searched document of two passages, in one of which stands a span."""
    project = workspace.create_project("Filters")
    sha256 = sha256_text(TEXT)
    document = Document(
        id="document-1", project_id=project.id, name="Filter.md", kind="md", size_bytes=len(TEXT), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read",
        search_version=SEARCH_VERSION, page_count=1, word_count=9, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, TEXT, pages=(Page(number=1, label="page 1", start=0, end=len(TEXT)),))
    insert(
        workspace.db,
        Span(
            id="span-1", document_id=document.id, start=0, end=12, entity="PERSON", score=0.85, detector="spacy",
            surrogate="Alan Reyes",
        ),
    )  # fmt: skip
    for index, (start, end) in enumerate(((0, 30), (31, len(TEXT)))):
        insert(
            workspace.db,
            Passage(
                id=f"passage-{index}", document_id=document.id, index=index, start=start, end=end, heading="",
                page="page 1", token_count=6, text=TEXT[start:end],
            ),
        )  # fmt: skip
    return project


@pytest.mark.parametrize("is_reworded", [False, True])
@pytest.mark.parametrize("kind", PointKind)
def test_every_open_point_is_said_and_can_be_settled_on_the_page(
    open_page: OpenPage, project: Project, monkeypatch: pytest.MonkeyPatch, kind: PointKind, *, is_reworded: bool
) -> None:
    point = OpenPoint(kind=kind, count=2, of=3)
    monkeypatch.setattr(review, "open_points", lambda *_given: (point,))
    if is_reworded:
        monkeypatch.setattr(review, "point_words", lambda _point: REWORDED)
    app = open_page("review", project_id=project.id)
    app.text_input(key="reviewer").set_value("Dana Ruiz").run()
    assert not app.exception
    words = REWORDED if is_reworded else review.point_words(point)
    assert any(words in shown.value for shown in app.markdown)
    assert not app.button(key=BUTTONS[kind]).disabled
    offered = {button.key for button in app.button} & {"read-sample", "search-again"}
    assert offered == {BUTTONS[kind]} - {"accept"}
    assert app.button(key="propose").disabled and app.button(key="propose").help == words


def test_a_reworded_second_search_still_starts_from_the_page(
    open_page: OpenPage, workspace: Workspace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "open_points", lambda *_given: (OpenPoint(kind=PointKind.UNSEARCHED),))
    monkeypatch.setattr(review, "point_words", lambda _point: REWORDED)
    app = open_page("review", project_id=project.id)
    app.text_input(key="reviewer").set_value("Dana Ruiz").run()
    button = app.button(key="search-again")
    assert button.proto.type == "primary"
    button.click().run()
    assert [job.kind for job in find(workspace.db, Job)] == ["search again"]
