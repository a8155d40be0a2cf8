"""A record that names a project of one's own reaches nothing of the project that it really belongs to."""

from dataclasses import replace

import pytest

from core.errors import AccessError, InputError
from core.files import sha256_text
from core.identity import declared
from core.privacy import mask
from core.records import CustomPattern, Document, ListEntry, Person, Project, Role, Span, new_id, now
from core.services import review
from core.services.lists import changes
from core.services.privacy import reidentification
from core.services.privacy.project_treatments import set_treatment
from core.services.privacy.spans import spans_of
from core.services.review.second_search import second_search_of, store_second_search
from core.services.review.unread import unread_of
from core.storage import Workspace, audit, find, get, insert

from .conftest import TEXT, SignIn, filled

BOSS = declared("Boss")


@pytest.fixture
def ours(workspace: Workspace) -> tuple[Project, Document, Span]:
    """The project of whoever attacks, with its document and span."""
    return filled(workspace, "Ours")


@pytest.fixture
def theirs(workspace: Workspace) -> tuple[Project, Document, Span]:
    """A project of others, with a document that was searched a second time and whose sample was drawn."""
    project, document, span = filled(workspace, "Theirs")
    store_second_search(workspace, document, anonymized_sha256="a", detector="rampart", places=[(0, 6, "PERSON")])
    return project, document, span


def me(workspace: Workspace) -> Person:
    assert workspace.actor
    return workspace.actor.person


def acted(workspace: Workspace) -> list[str]:
    return [entry.action for entry, _ in audit.entries(workspace.db) if entry.action not in ("log begun", "access refused")]


def test_sample_of_the_own_document_leaves_no_trace_in_another_project(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span], theirs: tuple[Project, Document, Span]
) -> None:
    """It would count as known there, so that from then on two persons would be needed."""
    workspace.db.execute("update spans set state = 'rejected'")  # so that there is a passage to draw
    mallory = signed_in("mallory", ("reviewer",), ours[0])
    with pytest.raises(InputError):
        review.draw(mallory, theirs[0], ours[1], by=me(mallory))
    assert review.people_known(workspace, theirs[0]) == set()
    assert review.draw(mallory, ours[0], ours[1], by=me(mallory)).round == 1


@pytest.mark.parametrize("owner", ["", "theirs"])
def test_entries_and_patterns_land_in_the_list_that_was_asked_about(
    owner: str,
    workspace: Workspace,
    signed_in: SignIn,
    ours: tuple[Project, Document, Span],
    theirs: tuple[Project, Document, Span],
) -> None:
    mallory, elsewhere = signed_in("mallory", ("reviewer",), ours[0]), theirs[0].id if owner else ""
    entry = ListEntry(
        id=new_id("entry"), project_id=elsewhere, kind="allow", text="Keller", entity="PERSON", added_by="", created_at=now()
    )
    pattern = CustomPattern(
        id=new_id("pattern"), project_id=elsewhere, name="Gate", entity="REFERENCE", added_by="", created_at=now(),
        definition={"expression": "G-[0-9]+"},
    )  # fmt: skip
    changes.add(mallory, ours[0].id, entries=[entry], patterns=[pattern], actor=me(mallory))
    for kind in (ListEntry, CustomPattern):
        assert [one.project_id for one in find(workspace.db, kind)] == [ours[0].id]  # type: ignore[attr-defined]


@pytest.mark.parametrize("roles", [(), ("auditor",)])
def test_document_with_a_forged_project_gives_nothing_of_its_real_one(
    roles: tuple[Role, ...],
    workspace: Workspace,
    signed_in: SignIn,
    ours: tuple[Project, Document, Span],
    theirs: tuple[Project, Document, Span],
) -> None:
    signed_in("mallory", ("reviewer", "expert"), ours[0])
    mallory = signed_in("mallory", roles, theirs[0])
    forged = replace(theirs[1], project_id=ours[0].id)
    before = acted(workspace)
    for attempt in (
        lambda: spans_of(mallory, forged),
        lambda: second_search_of(mallory, forged),
        lambda: review.sample_of(mallory, forged),
        lambda: review.clean_ids(mallory, forged),
        lambda: unread_of(mallory, ours[0], forged),
        lambda: store_second_search(mallory, forged, anonymized_sha256="b", detector="rampart", places=[]),
        lambda: review.add(mallory, forged, start=0, end=6, entity="REFERENCE", by=me(mallory)),
        lambda: review.draw(mallory, ours[0], forged, by=me(mallory)),
        lambda: review.answer(mallory, forged, [], by=me(mallory)),
        lambda: review.propose(mallory, ours[0], forged, by=me(mallory)),
        lambda: review.approve(mallory, ours[0], forged, by=me(mallory)),
        lambda: review.return_(mallory, forged, comment="no", by=me(mallory)),
        lambda: review.withdraw(mallory, forged, reason="no", by=me(mallory)),
        lambda: changes.catch_up(mallory, forged),
    ):
        with pytest.raises((AccessError, InputError), match="You may not|There is no document"):
            attempt()
    assert mallory.text(forged) == ""
    assert second_search_of(workspace, theirs[1], "a") and acted(workspace) == before


def test_one_span_of_another_project_among_the_own_refuses_them_all(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span], theirs: tuple[Project, Document, Span]
) -> None:
    mine, alien = ours[2], theirs[2]
    signed_in("mallory", ("reviewer",), ours[0])
    mallory = signed_in("mallory", ("auditor",), theirs[0])  # sees that there is such a span
    forged = replace(alien, document_id=ours[1].id)
    for spans in ([mine, alien], [alien, mine], [forged, mine], [mine, forged], [mine.id, alien.id]):
        with pytest.raises(AccessError):
            review.accept(mallory, spans, by=me(mallory))
        with pytest.raises(AccessError):
            review.change_type(mallory, spans, entity="ORGANIZATION", by=me(mallory))
        with pytest.raises(AccessError):
            review.effect_of(mallory, spans, state="accepted")
    with pytest.raises(AccessError):
        review.change_borders(mallory, forged, start=10, end=15, by=me(mallory))
    assert find(workspace.db, Span) == [mine, alien]


def test_decision_to_undo_restores_nothing_in_another_project(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span], theirs: tuple[Project, Document, Span]
) -> None:
    mallory = signed_in("mallory", ("reviewer",), ours[0])
    own = review.accept(mallory, [ours[2]], by=me(mallory))
    foreign = review.accept(workspace, [theirs[2]], by=BOSS)
    mixed = replace(own, before=(*own.before, *foreign.before), after=(*own.after, *foreign.after))
    added = replace(own, before=(*own.before, replace(theirs[2], id=new_id("span"))))
    for decision in (foreign, mixed, added):
        with pytest.raises((AccessError, InputError)):
            review.undo(mallory, decision, by=me(mallory))
    assert get(workspace.db, Span, theirs[2].id).state == get(workspace.db, Span, ours[2].id).state == "accepted"
    assert len(find(workspace.db, Span)) == 2


def test_project_of_others_approves_nothing_of_ones_own_and_the_reverse(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span], theirs: tuple[Project, Document, Span]
) -> None:
    mallory = signed_in("mallory", ("approver",), ours[0])
    loose = replace(theirs[0], policy="all-at-once", two_person="off", sample_size=0)
    for project, document in ((theirs[0], ours[1]), (loose, ours[1]), (ours[0], theirs[1]), (loose, theirs[1])):
        for act in (review.propose, review.approve):
            with pytest.raises((AccessError, InputError)):
                act(mallory, project, document, by=me(mallory))
    for project in (theirs[0], loose):
        with pytest.raises((AccessError, InputError)):
            review.approve_all(mallory, project, by=me(mallory))
        with pytest.raises((AccessError, InputError)):
            review.unread_in(mallory, project, by=me(mallory))
    assert review.people_known(workspace, theirs[0]) == set()


def test_forged_rules_of_a_project_approve_nothing_unread(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span]
) -> None:
    mallory = signed_in("mallory", ("approver",), ours[0])
    loose = replace(ours[0], policy="all-at-once", two_person="off", sample_size=0)
    unread = unread_of(workspace, loose, ours[1])
    assert unread
    with pytest.raises(InputError):
        review.approve(mallory, loose, ours[1], by=me(mallory), unread=review.unread_phrase(unread))
    masked = mask(TEXT, find(workspace.db, Span, document_id=ours[1].id))
    assert sha256_text(masked.text) and workspace.active_review(ours[1].id) is None


def test_strangers_who_act_on_a_document_are_refused_and_recorded(
    workspace: Workspace, signed_in: SignIn, theirs: tuple[Project, Document, Span]
) -> None:
    project, document, _ = theirs
    acts = {
        "draw": lambda one: review.draw(one, project, document, by=me(one)),
        "answer": lambda one: review.answer(one, document, [], by=me(one)),
        "approve": lambda one: review.approve(one, project, document, by=me(one)),
        "return": lambda one: review.return_(one, document, comment="no", by=me(one)),
        "withdraw": lambda one: review.withdraw(one, document, reason="no", by=me(one)),
        "catch up": lambda one: changes.catch_up(one, document),
    }
    for name, act in acts.items():
        stranger = signed_in(name)
        with pytest.raises(AccessError, match="You may not"):
            act(stranger)
        refused = [entry.subjects for entry, _ in audit.entries(workspace.db, about=me(stranger).id)]
        assert {"person": me(stranger).id, "project": project.id} in refused, name


def test_administrator_who_may_not_read_sets_no_rules_that_read(
    workspace: Workspace, signed_in: SignIn, theirs: tuple[Project, Document, Span]
) -> None:
    """An administrator may set rules, but may not read documents in a project where they only look on."""
    project = theirs[0]
    boss = signed_in("boss", ("auditor",), project, on_machine=("administrator",))
    passphrase = "four words nobody guesses"
    with pytest.raises(AccessError, match="read documents"):
        set_treatment(boss, project, entity="PERSON", treatment="keep", person=me(boss))
    with pytest.raises(AccessError, match="read documents"):
        reidentification.set_up(boss, project, passphrase=passphrase, person=me(boss))
    reidentification.set_up(workspace, project, passphrase=passphrase, person=BOSS)
    with pytest.raises(AccessError, match="read documents"):
        reidentification.change_passphrase(boss, project, old=passphrase, new=f"{passphrase} now", person=me(boss))
    with pytest.raises(AccessError, match="read documents"):
        reidentification.turn_off(boss, project, typed_name=project.name, person=me(boss))
    assert reidentification.setup_of(workspace, project)


def test_lists_are_applied_by_those_who_may_edit_them(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span]
) -> None:
    project, document, _ = ours
    entry = ListEntry(
        id=new_id("entry"), project_id=project.id, kind="deny", text="gate", entity="REFERENCE", added_by="",
        created_at=now(),
    )  # fmt: skip
    insert(workspace.db, entry)
    with pytest.raises(AccessError, match="edit lists"):
        changes.catch_up(signed_in("eve", ("expert",), project), document)
    assert len(find(workspace.db, Span)) == 1
    assert changes.catch_up(signed_in("rita", ("reviewer",), project), document) == 1


def test_decision_that_changed_nothing_is_undone_without_a_trace(
    workspace: Workspace, signed_in: SignIn, ours: tuple[Project, Document, Span]
) -> None:
    ada = signed_in("ada", ("reviewer",), ours[0])
    review.accept(ada, [ours[2]], by=me(ada))
    again = review.accept(ada, [ours[2]], by=me(ada))
    before = acted(workspace)
    assert not again.after and review.undo(ada, again, by=me(ada)) == again
    assert acted(workspace) == before
