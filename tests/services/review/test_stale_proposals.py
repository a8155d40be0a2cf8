"""What changes after a proposal drops it and says why: nobody approves another text than the one that was proposed."""

# ruff: noqa: F811 (fixtures of the tests beside this one)

from collections.abc import Callable

import pytest

from core.errors import InputError
from core.identity import declared
from core.privacy.lists.file import new_entry
from core.records import CustomPattern, Detection, Document, Project, Review, new_id, now
from core.services import review
from core.services.lists import changes as list_changes
from core.services.privacy import anonymization
from core.services.privacy.highest_marking import set_highest_marking
from core.services.privacy.project_treatments import set_treatment
from core.storage import Workspace, get, update
from tests.services.review.test_proposals import ADA, BOB, TEXT, document, make_ready, project, spans_of  # noqa: F401

Change = Callable[[Workspace, Project, Document], object]
START = TEXT.index("Larkfield")
FOUND = Detection(start=START, end=START + 9, entity="LOCATION", score=0.9, detector="spacy")


def proposed_by_ada(workspace: Workspace, project: Project, document: Document) -> Review:
    """A proposal that another person must approve."""
    review.set_two_person(workspace, project, "on", by=ADA)
    make_ready(workspace, project, document)
    return review.propose(workspace, project, document, by=ADA)


def add_to_list(workspace: Workspace, project: Project, _document: Document) -> None:
    entry = new_entry("Larkfield", project_id=project.id, kind="deny", actor=ADA, entity="LOCATION")
    list_changes.add(workspace, project.id, entries=[entry], actor=ADA)


def add_pattern(workspace: Workspace, project: Project, _document: Document) -> None:
    rule = CustomPattern(
        id=new_id("pattern"), project_id=project.id, name="places", definition={"expression": "Larkf[a-z]{4}"},
        entity="LOCATION", added_by="Ada", created_at=now(),
    )  # fmt: skip
    list_changes.add(workspace, project.id, patterns=[rule], actor=ADA)


def change_treatment(workspace: Workspace, project: Project, _document: Document) -> None:
    set_treatment(workspace, project, entity="PERSON", treatment="keep", person=ADA)


def lower_marking(workspace: Workspace, project: Project, document: Document) -> None:
    update(workspace.db, Document, document.id, marking="SECRET", marking_level=3)
    set_highest_marking(workspace, project, "unclassified", actor=ADA)


def decide(workspace: Workspace, _project: Project, document: Document) -> None:
    review.reject(workspace, spans_of(workspace, document), by=ADA)


def search(workspace: Workspace, project: Project, document: Document) -> None:
    anonymization._store_found(workspace, project, document=document, text=TEXT, detections=[FOUND])


CHANGES = [add_to_list, add_pattern, change_treatment, lower_marking, decide, search]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_approved", [False, True])
def test_a_change_drops_what_was_proposed_or_approved_and_says_why(
    workspace: Workspace, project: Project, document: Document, change: Change, is_approved: bool
) -> None:
    proposed = proposed_by_ada(workspace, project, document)
    if is_approved:
        review.approve(workspace, project, document, by=BOB)
    change(workspace, project, document)
    stored = get(workspace.db, Review, proposed.id)
    assert stored.state == "withdrawn" and stored.reason
    with pytest.raises(InputError):
        review.approve(workspace, project, document, by=BOB)
    assert review.states_of(workspace, document.project_id)[document.id] == "in review"


def test_a_proposal_of_another_text_is_dropped_by_the_refused_approval_which_says_so(
    workspace: Workspace, project: Project, document: Document
) -> None:
    proposed_by_ada(workspace, project, document)
    workspace.db.execute("update spans set surrogate = 'Mary Poole'")  # past every rule
    with pytest.raises(InputError, match="is not the one that was proposed"):
        review.approve(workspace, project, document, by=BOB)
    assert review.states_of(workspace, document.project_id)[document.id] == "in review"


def test_a_larger_sample_drops_proposals_and_leaves_approvals(
    workspace: Workspace, project: Project, document: Document
) -> None:
    proposed = proposed_by_ada(workspace, project, document)
    review.set_sample_size(workspace, project, proposed.sampled, by=ADA)
    assert review.states_of(workspace, document.project_id)[document.id] == "proposed"  # what was read is enough for it
    review.set_sample_size(workspace, project, proposed.sampled + 1, by=ADA)
    assert get(workspace.db, Review, proposed.id).reason == "More passages are to be read before an approval."
    review.propose(workspace, project, document, by=ADA)
    review.approve(workspace, project, document, by=BOB)
    review.set_sample_size(workspace, project, proposed.sampled + 2, by=ADA)
    assert review.states_of(workspace, document.project_id)[document.id] == "approved"


@pytest.mark.parametrize("name", ["ADA ", "Ａda", " a\u0064a"])
def test_another_spelling_of_a_name_is_no_second_person(
    workspace: Workspace, project: Project, document: Document, name: str
) -> None:
    proposed_by_ada(workspace, project, document)
    with pytest.raises(InputError, match="who proposed"):
        review.approve(workspace, project, document, by=declared(name))


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\u2060", "\u3164", "\u115f", "\ufe0f", "\u034f", "\U000e0101"])
def test_a_name_with_characters_that_nobody_sees_is_refused(unseen: str) -> None:
    with pytest.raises(InputError, match="name"):
        declared(f"Ada{unseen}")


def test_who_proposed_anew_after_a_return_cannot_approve(workspace: Workspace, project: Project, document: Document) -> None:
    make_ready(workspace, project, document)
    review.propose(workspace, project, document, by=ADA)
    review.return_(workspace, document, comment="look at line 3", by=BOB)
    review.propose(workspace, project, document, by=BOB)
    with pytest.raises(InputError, match="who proposed"):
        review.approve(workspace, project, document, by=BOB)
    assert review.approve(workspace, project, document, by=ADA).proposer == "Bob"
