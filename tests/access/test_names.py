"""In whose name: where people sign in, nobody acts for another, and what they approve says that they signed in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.errors import AccessError, InputError
from core.identity import declared
from core.privacy.lists.file import new_entry
from core.records import ListEntry, Person, Project, Review, Role, Span
from core.services import review
from core.services.lists import changes as list_changes
from core.services.lists import stored as list_entries
from core.services.privacy import reidentification
from core.services.privacy.highest_marking import set_highest_marking
from core.services.privacy.project_treatments import set_treatment
from core.services.training.good_enough import set_good_enough
from core.services.training.leaks.limit import set_leak_limit
from core.storage import Workspace, audit, find, get, update
from tests.unread import approve_all_unread, approve_unread

from .conftest import SignIn, filled

PASSPHRASE = "four words nobody guesses"
EVERY_ROLE: tuple[Role, ...] = ("owner", "approver")
ACTS: dict[str, Callable[[Workspace, Any, Person], object]] = {
    "accept": lambda store, it, by: review.accept(store, [it[2]], by=by),
    "decide undecided": lambda store, it, by: review.decide_undecided(store, it[0], state="accepted", by=by),
    "span": lambda store, it, by: review.add(store, it[1], start=0, end=6, entity="PERSON", by=by),
    "draw": lambda store, it, by: review.draw(store, it[0], it[1], by=by),
    "answer": lambda store, it, by: review.answer(store, it[1], [], by=by),
    "propose": lambda store, it, by: review.propose(store, it[0], it[1], by=by),
    "approve": lambda store, it, by: approve_unread(store, it[0], it[1], by=by),
    "approve all": lambda store, it, by: approve_all_unread(store, it[0], by=by),
    "return": lambda store, it, by: review.return_(store, it[1], comment="no", by=by),
    "withdraw": lambda store, it, by: review.withdraw(store, it[1], reason="no", by=by),
    "two persons": lambda store, it, by: review.set_two_person(store, it[0], "off", by=by),
    "sample size": lambda store, it, by: review.set_sample_size(store, it[0], 1, by=by),
    "leak limit": lambda store, it, by: set_leak_limit(store, it[0], 0.05, actor=by),
    "good enough": lambda store, it, by: set_good_enough(store, it[0], 0.7, actor=by),
    "treatment": lambda store, it, by: set_treatment(store, it[0], entity="PERSON", treatment="mask", person=by),
    "marking": lambda store, it, by: set_highest_marking(store, it[0], "secret", actor=by),
    "list": lambda store, it, by: list_changes.add(store, it[0].id, entries=[entry(it[0].id, by)], actor=by),
    "way back": lambda store, it, by: reidentification.set_up(store, it[0], passphrase=PASSPHRASE, person=by),
    "look back": lambda store, it, by: reidentification.reveal(
        store, it[0], surrogates=[], passphrase=PASSPHRASE, person=by, reason="a court asks"
    ),
}


def entry(project_id: str, by: Person, text: str = "north gate") -> ListEntry:
    return new_entry(text, project_id=project_id, kind="deny", entity="LOCATION", actor=by)


def me(store: Workspace) -> Person:
    assert store.actor is not None
    return store.actor.person


def approvable(workspace: Workspace) -> Any:
    """As `filled`, with a policy that asks for neither a sample nor a second search."""
    it = filled(workspace, "Ours")
    update(workspace.db, Project, it[0].id, policy="all-at-once")
    return get(workspace.db, Project, it[0].id), *it[1:]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("whose", ["another account of the same name", "the same name, declared"])
def test_nobody_acts_for_another_of_the_same_name(act: str, whose: str, workspace: Workspace, signed_in: SignIn) -> None:
    it = approvable(workspace)
    ada = signed_in("ada", EVERY_ROLE, it[0])
    other = declared("Ada") if "declared" in whose else replace(me(ada), id="person-0123456789abcdef")
    assert other.name == me(ada).name
    before = list(workspace.db.iterdump())
    with pytest.raises(AccessError, match="signed in as Ada"):
        ACTS[act](ada, it, other)
    assert list(workspace.db.iterdump()) == before


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"return", "look back"}))  # which need a proposal, a way back
def test_owner_and_approver_may_do_it_under_the_own_name(act: str, workspace: Workspace, signed_in: SignIn) -> None:
    it = approvable(workspace)
    ada = signed_in("ada", EVERY_ROLE, it[0])
    ACTS[act](ada, it, me(ada))


def test_approval_of_people_who_signed_in_says_so(workspace: Workspace, signed_in: SignIn) -> None:
    project, document, _ = approvable(workspace)
    ada, ben = signed_in("ada", ("reviewer",), project), signed_in("ben", ("approver",), project)
    review.propose(ada, project, document, by=me(ada))
    approve_unread(ben, project, document, by=me(ben))
    (stored,) = find(workspace.db, Review, document_id=document.id)
    assert (stored.state, stored.is_authenticated) == ("approved", True)
    assert (stored.proposer_id, stored.reviewer_id) == (me(ada).id, me(ben).id)


def test_approval_of_a_declared_proposal_is_not_authenticated(workspace: Workspace, signed_in: SignIn) -> None:
    project, document, _ = approvable(workspace)
    review.propose(workspace, project, document, by=declared("Ada"))
    ben = signed_in("ben", ("approver",), project)
    assert not approve_unread(ben, project, document, by=me(ben)).is_authenticated


def test_owner_who_decides_nothing_changes_a_treatment_and_looks_after_the_way_back(
    workspace: Workspace, signed_in: SignIn
) -> None:
    project, _, span = filled(workspace, "Ours")
    otto = signed_in("otto", ("owner",), project)
    assert set_treatment(otto, project, entity="PERSON", treatment="mask", person=me(otto)).spans == 1
    reidentification.set_up(otto, project, passphrase=PASSPHRASE, person=me(otto))
    with pytest.raises(AccessError, match="reveal"):
        reidentification.reveal(otto, project, surrogates=[], passphrase=PASSPHRASE, person=me(otto), reason="I want to see")
    with pytest.raises(InputError, match="passphrase is wrong"):
        reidentification.change_passphrase(otto, project, old="not the passphrase", new=PASSPHRASE, person=me(otto))
    assert "way back refused" in [one.action for one, _ in audit.entries(workspace.db)]


def test_list_for_every_project_reaches_them_all_and_shows_its_maker_none(workspace: Workspace, signed_in: SignIn) -> None:
    project, document, _ = filled(workspace, "Ours")
    boss, ada = signed_in("boss", on_machine=("administrator",)), signed_in("ada", ("reviewer",), project)
    with pytest.raises(AccessError, match="edit lists"):
        list_changes.add(ada, "", entries=[entry("", me(ada))], actor=me(ada))
    assert list_changes.add(boss, "", entries=[entry("", me(boss))], actor=me(boss)).marked == 1
    assert len(find(workspace.db, Span, document_id=document.id)) == 2
    assert find(boss.db, Span) == [] and [one.text for one in find(boss.db, ListEntry)] == ["north gate"]
    assert [one.text for one in list_entries.entries_of(ada, project.id)] == ["north gate"]
    assert list_entries.entries_of(signed_in("stranger"), project.id) == []
    with pytest.raises(InputError, match="no project"):
        list_changes.add(boss, project.id, entries=[entry(project.id, me(boss), "Report")], actor=me(boss))


def test_list_entry_carries_the_name_of_who_adds_it(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Ours")
    ada = signed_in("ada", ("reviewer",), project)
    list_changes.add(ada, project.id, entries=[entry(project.id, declared("Otto"))], actor=me(ada))
    assert [one.added_by for one in find(workspace.db, ListEntry)] == ["Ada"]
