"""Roles: what each allows, that a change counts at once, who may change them, and what the log keeps."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from core import jobs
from core.access import GATES, IN_PROJECT, ON_MACHINE, UNGATED, Action, Actor
from core.errors import AccessError, InputError
from core.identity import declared
from core.jobs.worker import run_job
from core.records import AuditAction, Job, QuestionPair, Span, new_id, now
from core.services import review
from core.storage import Workspace, audit, find, get, insert, people, rights, update

from .conftest import SignIn, filled, token


def actions(workspace: Workspace) -> list[str]:
    return [entry.action for entry, _ in audit.entries(workspace.db)]


def test_every_action_is_in_the_table_and_every_entry_of_the_log_has_its_gate() -> None:
    assert set(IN_PROJECT) | set(ON_MACHINE) == set(get_args(Action))
    assert set(GATES) | UNGATED == set(get_args(AuditAction))


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("owner", {"export", "manage members", "train", "work on questions"}),
        ("expert", {"train", "work on questions"}),
        ("reviewer", {"decide"}),
        ("approver", {"decide", "approve"}),
        ("auditor", set()),
    ],
)
def test_role_allows_what_the_table_says(role, allowed, workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Ours")
    ada = signed_in("ada", (role,), project)
    asked: tuple[Action, ...] = ("export", "manage members", "train", "work on questions", "decide", "approve")
    assert {action for action in asked if rights.may(ada.db, action, project.id)} == allowed


def test_administrator_reads_no_document_without_belonging_to_the_project(workspace: Workspace, signed_in: SignIn) -> None:
    project, document, _ = filled(workspace, "Ours")
    boss = signed_in("boss", on_machine=("administrator",))
    assert rights.may(boss.db, "manage members", project.id)
    with pytest.raises(AccessError):
        boss.text(document)


def test_role_of_the_machine_counts_in_a_project_for_its_members_alone(workspace: Workspace, signed_in: SignIn) -> None:
    (ours, _, _), (theirs, _, _) = filled(workspace, "Ours"), filled(workspace, "Theirs")
    ada = signed_in("ada", ("auditor",), ours, on_machine=("approver",))
    assert rights.may(ada.db, "approve", ours.id) and not rights.may(ada.db, "approve", theirs.id)


def test_only_administrators_and_owners_make_projects_and_own_them(workspace: Workspace, signed_in: SignIn) -> None:
    with pytest.raises(AccessError):
        signed_in("ada", on_machine=("reviewer",)).create_project("Mine")
    owner = signed_in("otto", on_machine=("owner",))
    project = owner.create_project("Ottos")
    assert rights.may(owner.db, "export", project.id)
    assert [one.granted for one in people.members(owner, project)] == [frozenset({"owner"})]


def test_role_taken_away_is_gone_at_once_in_an_open_session(workspace: Workspace, signed_in: SignIn) -> None:
    project, document, span = filled(workspace, "Ours")
    ada = signed_in("ada", ("reviewer",), project)
    review.accept(ada, [span], by=ada.actor.person)
    people.revoke(workspace, ada.actor.person.id, "reviewer", project=project)
    with pytest.raises(InputError):
        review.reject(ada, [span], by=ada.actor.person)
    with pytest.raises(AccessError):
        ada.text(document)
    assert get(workspace.db, Span, span.id).state == "accepted"


def test_wrong_role_changes_nothing_and_leaves_one_entry(workspace: Workspace, signed_in: SignIn) -> None:
    project, document, span = filled(workspace, "Ours")
    ada = signed_in("ada", ("expert",), project)
    for _ in range(3):
        with pytest.raises(AccessError, match="decide"):
            review.accept(ada, [span], by=ada.actor.person)
        with pytest.raises(AccessError, match="approve"):
            review.approve(ada, project, document, by=ada.actor.person)
    assert get(workspace.db, Span, span.id).state == "detected"
    refused = [entry for entry, _ in audit.entries(workspace.db, about="access refused")]
    assert len(refused) == 1
    assert refused[0].subjects == {"person": ada.actor.person.id, "project": project.id}


def test_nobody_decides_under_another_name(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, span = filled(workspace, "Ours")
    ada = signed_in("ada", ("reviewer",), project)
    with pytest.raises(AccessError, match="signed in as Ada"):
        review.accept(ada, [span], by=declared("Otto"))


def test_decision_carries_the_person_who_signed_in(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, span = filled(workspace, "Ours")
    ada = signed_in("ada", ("reviewer",), project)
    review.accept(ada, [span], by=ada.actor.person)
    entry = next(entry for entry, _ in audit.entries(workspace.db, about="spans accepted"))
    assert (entry.actor, entry.subjects["person"]) == ("Ada", ada.actor.person.id)


def test_pair_is_changed_by_those_who_work_on_questions(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Ours")
    pair = find(workspace.db, QuestionPair)[0]
    update(signed_in("rita", ("reviewer",), project).db, QuestionPair, pair.id, state="dropped")
    assert get(workspace.db, QuestionPair, pair.id).state == "kept"
    update(signed_in("ada", ("expert",), project).db, QuestionPair, pair.id, state="dropped")
    assert get(workspace.db, QuestionPair, pair.id).state == "dropped"


def test_expired_and_ended_sign_ins_give_nothing(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Ours")
    ada = signed_in("ada", ("owner",), project)
    again = Workspace(workspace.home, actor=people.sign_in(workspace, token("ada")))  # another window, the same cookie
    people.sign_out(ada)
    for window in (ada, again):
        with pytest.raises(AccessError, match="ended"):
            window.project("Ours")
    again.actor = people.sign_in(workspace, token("ada", nonce="2"))
    assert again.project("Ours") == project
    workspace.db.execute("update sign_ins set expires_at = ?", [now()])
    with pytest.raises(AccessError, match="ended"):
        again.project("Ours")
    again.close()
    with pytest.raises(AccessError):
        people.sign_in(workspace, token("otto", lifetime=timedelta(seconds=-1)))
    assert actions(workspace).count("signed in") == 2 and "signed out" in actions(workspace)


def test_sign_in_that_nobody_stored_gives_nothing(workspace: Workspace) -> None:
    made_up = people.sign_in(workspace, token("ada"))
    workspace.db.execute("delete from sign_ins")
    with pytest.raises(AccessError):
        _ = Workspace(workspace.home, actor=made_up).db


def test_claimed_roles_are_those_of_the_last_sign_in(workspace: Workspace) -> None:
    actor = people.sign_in(workspace, token("ada", roles=("administrator",)))
    assert rights.machine_roles(workspace.db, actor.person.id) == {"administrator"}
    people.sign_in(workspace, token("ada", nonce="2"))
    assert rights.machine_roles(workspace.db, actor.person.id) == frozenset()


def test_owner_gives_roles_in_the_own_project_only(workspace: Workspace, signed_in: SignIn) -> None:
    (ours, _, _), (theirs, _, _) = filled(workspace, "Ours"), filled(workspace, "Theirs")
    owner, ada = signed_in("otto", ("owner",), ours), signed_in("ada").actor.person.id
    people.grant(owner, ada, "expert", project=ours)
    for role, project in (("expert", theirs), ("administrator", None), ("expert", None)):
        with pytest.raises(AccessError):
            people.grant(owner, ada, role, project=project)
    with pytest.raises(InputError, match="no role"):
        people.grant(owner, ada, "administrator", project=ours)
    entry = next(entry for entry, _ in audit.entries(workspace.db, about="member added") if entry.subjects.get("of") == ada)
    assert entry.actor == "Otto" and entry.subjects["project"] == ours.id


def job_of(workspace: Workspace, person_id: str | None, project_id: str) -> Job:
    job = Job(id=new_id("job"), kind="anonymize", project_id=project_id, person_id=person_id, created_at=now())
    insert(workspace.db, job)
    return job


def test_job_of_a_person_whose_role_is_gone_does_not_begin(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Ours")
    ada = signed_in("ada", ("expert",), project)
    job = job_of(workspace, ada.actor.person.id, project.id)
    people.revoke(workspace, ada.actor.person.id, "expert", project=project)
    ended = run_job(Workspace(workspace.home), job.id)
    assert ended.state == "failed" and "may not do it any more" in ended.error


def test_jobs_of_other_projects_are_neither_listed_nor_cancelled(workspace: Workspace, signed_in: SignIn) -> None:
    (ours, _, _), (theirs, _, _) = filled(workspace, "Ours"), filled(workspace, "Theirs")
    ended = {project.id: job_of(workspace, None, project.id) for project in (ours, theirs)}
    for job in ended.values():
        update(workspace.db, Job, job.id, state="failed")
    ada, boss = signed_in("ada", ("expert",), ours), signed_in("boss", on_machine=("administrator",))
    assert [job.id for job in jobs.list_jobs(ada)] == [ended[ours.id].id]
    assert len(jobs.list_jobs(boss)) == 2
    with pytest.raises(AccessError):
        jobs.resume(ada, ended[theirs.id].id)


def test_only_an_actor_without_a_sign_in_is_taken_for_a_job(workspace: Workspace, signed_in: SignIn) -> None:
    ada = signed_in("ada").actor
    with pytest.raises(AccessError, match="sign-in has ended"):
        Workspace(workspace.home, actor=replace(ada, sign_in_id="")).db.execute("select 1")
    of_job = Workspace(workspace.home, actor=Actor(person=ada.person))
    assert rights.restricted(of_job.db) is None
    people.sign_out(of_job)
    assert rights.restricted(Workspace(workspace.home, actor=ada).db) == ada  # what a job does ends no sign-in
