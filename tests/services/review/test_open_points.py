"""Open points have a kind: their words and what settles them come from it, and nothing is decided by the words."""

from collections.abc import Callable

import pytest

from core.errors import InputError
from core.files import sha256_text
from core.identity import declared
from core.privacy import mask
from core.records import Document, Project, Span
from core.services import review
from core.services.review import OpenPoint, PointKind, Remedy
from core.services.review.second_search import store_second_search
from core.storage import Workspace, find
from tests.services.review.valves import put_valves

ADA = declared("Ada")
LINES = (
    "Anna Berg opened the valve.",
    "The pump is dry.",
    "The seal is new.",
    "The drain is shut.",
    "Later Bert Holm closed it.",
)
TEXT = "\n".join(LINES)
SENTENCES = [
    (OpenPoint(kind=PointKind.UNDECIDED, count=1), "1 span is not decided yet."),
    (OpenPoint(kind=PointKind.UNDECIDED, count=1204), "1,204 spans are not decided yet."),
    (OpenPoint(kind=PointKind.UNREAD, count=1, of=20), "1 of the 20 passages of the sample is not read yet."),
    (OpenPoint(kind=PointKind.UNREAD, count=3, of=20), "3 of the 20 passages of the sample are not read yet."),
    (OpenPoint(kind=PointKind.WITHOUT_SPAN), "A passage of the sample holds something that was not added yet."),
    (
        OpenPoint(kind=PointKind.SAMPLE_DUE, count=1),
        "The sample is not read yet: 1 passage in which nothing was found.",
    ),
    (
        OpenPoint(kind=PointKind.SAMPLE_DUE, count=20),
        "The sample is not read yet: 20 passages in which nothing was found.",
    ),
    (
        OpenPoint(kind=PointKind.SAMPLE_DUE_AGAIN, count=5),
        "The sample held something that was missed: 5 passages more must be read.",
    ),
    (OpenPoint(kind=PointKind.UNSEARCHED), "The anonymized text was not searched a second time."),
]


@pytest.fixture
def project(workspace: Workspace) -> Project:
    project = workspace.create_project("Valves")
    review.set_sample_size(workspace, project, 2, by=ADA)
    return project


@pytest.fixture
def document(workspace: Workspace, project: Project) -> Document:
    """Two spans nobody decided on, and five passages, of which three hold no span."""
    bounds = [(TEXT.index(line), TEXT.index(line) + len(line)) for line in LINES]
    return put_valves(workspace, project, TEXT, bounds)


def accept(workspace: Workspace, document: Document) -> None:
    review.accept(workspace, find(workspace.db, Span, document_id=document.id), by=ADA)


def read(workspace: Workspace, document: Document) -> None:
    review.answer(workspace, document, review.sample_of(workspace, document).unread_ids, by=ADA)


def search_again(workspace: Workspace, document: Document) -> None:
    masked = mask(TEXT, find(workspace.db, Span, document_id=document.id, order="start"))
    store_second_search(workspace, document, anonymized_sha256=sha256_text(masked.text), detector="rampart", places=())


def test_each_step_opens_the_next_point(workspace: Workspace, project: Project, document: Document) -> None:
    def points() -> tuple[OpenPoint, ...]:
        return review.open_points(workspace, project, document)

    assert points()[0] == OpenPoint(kind=PointKind.UNDECIDED, count=2)
    accept(workspace, document)
    assert points() == (OpenPoint(kind=PointKind.SAMPLE_DUE, count=2),)
    drawn = review.draw(workspace, project, document, by=ADA).drawn_ids
    review.answer(workspace, document, drawn[:1], by=ADA)
    assert points() == (OpenPoint(kind=PointKind.UNREAD, count=1, of=2),)
    review.answer(workspace, document, drawn[1:], missed_ids=drawn[1:], by=ADA)
    assert points() == (OpenPoint(kind=PointKind.WITHOUT_SPAN),)
    start = next(passage.start for passage in workspace.passages(document) if passage.id == drawn[1])
    review.add(workspace, document, start=start + 4, end=start + 8, entity="SITE", by=ADA)
    assert points() == (OpenPoint(kind=PointKind.SAMPLE_DUE_AGAIN, count=1),)
    review.draw(workspace, project, document, by=ADA)
    read(workspace, document)
    assert points() == (OpenPoint(kind=PointKind.UNSEARCHED),)
    search_again(workspace, document)
    assert points() == ()


@pytest.mark.parametrize(("point", "sentence"), SENTENCES)
def test_the_words_of_a_point_are_a_sentence_with_its_figures(point: OpenPoint, sentence: str) -> None:
    assert review.point_words(point) == sentence


def test_every_kind_has_words_and_a_remedy() -> None:
    assert {point.kind for point, _ in SENTENCES} == set(PointKind)
    words = [review.point_words(OpenPoint(kind=kind, count=2, of=3)) for kind in PointKind]
    assert len(set(words)) == len(PointKind) and all(words)
    assert {OpenPoint(kind=kind).remedy for kind in PointKind} == set(Remedy)


@pytest.mark.parametrize("is_reworded", [False, True])
def test_the_refused_proposal_names_the_command_that_settles_it_whatever_the_words(
    workspace: Workspace, project: Project, document: Document, monkeypatch: pytest.MonkeyPatch, *, is_reworded: bool
) -> None:
    if is_reworded:
        monkeypatch.setattr(
            "core.services.review.approval.point_words", lambda _point: "Decided on the sample a second time."
        )
    steps: list[tuple[str, Callable[[], object]]] = [
        ("accept SPAN… or reject SPAN…", lambda: accept(workspace, document)),
        (f"sample {document.id}", lambda: review.draw(workspace, project, document, by=ADA)),
        (f"sample {document.id}", lambda: read(workspace, document)),
        (f"check {document.id}", lambda: search_again(workspace, document)),
    ]
    for command, settle in steps:
        words = review.point_words(review.open_points(workspace, project, document)[0])
        with pytest.raises(InputError) as refused:
            review.propose(workspace, project, document, by=ADA)
        assert refused.value.hint.command == f"garrison review Valves {command} --as NAME"
        assert (words in refused.value.message) is not is_reworded
        settle()
    assert review.propose(workspace, project, document, by=ADA).state == "proposed"
