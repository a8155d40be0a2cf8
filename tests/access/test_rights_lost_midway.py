"""A role that is revoked, or a sign-in that ends, while an act is under way: nothing is stored any more."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import AccessError
from core.files import sha256_text
from core.identity import declared
from core.privacy import mask
from core.records import Document, ListEntry, Person, Project, Role, Span, now
from core.services import review
from core.services.lists import changes
from core.services.privacy import reidentification
from core.services.privacy.project_treatments import set_treatment
from core.services.review.second_search import store_second_search
from core.services.training.good_enough import set_good_enough
from core.services.training.leaks.limit import set_leak_limit
from core.storage import Workspace, audit, find, people, transaction

from .conftest import TEXT, SignIn, filled

ROOT = Path(__file__).resolve().parents[2]
BOSS = declared("Boss")
PASSPHRASE = "four words nobody guesses"
ENTRY = ListEntry(id="entry-1", project_id="", kind="deny", text="gate", entity="REFERENCE", added_by="", created_at=now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A project, its document and span, and the person who acts in it."""

    workspace: Workspace  # nobody's: what others do meanwhile
    acting: Workspace
    project: Project
    document: Document
    span: Span
    by: Person


Act = Callable[[Scene], object]


def settled(scene: Scene) -> None:
    """Bring the document so far that it may be proposed."""
    review.set_sample_size(scene.workspace, scene.project, 0, by=BOSS)
    review.accept(scene.workspace, [scene.span], by=BOSS)
    masked = mask(TEXT, find(scene.workspace.db, Span, document_id=scene.document.id))
    store_second_search(
        scene.workspace, scene.document, anonymized_sha256=sha256_text(masked.text), detector="rampart", places=[]
    )


def proposed(scene: Scene) -> None:
    settled(scene)
    review.propose(scene.workspace, scene.project, scene.document, by=BOSS)


def all_at_once(scene: Scene) -> None:
    settled(scene)
    scene.workspace.db.execute("update projects set policy = 'all-at-once', two_person = 'off'")


def reidentifiable(scene: Scene) -> None:
    reidentification.set_up(scene.workspace, scene.project, passphrase=PASSPHRASE, person=BOSS)


def unmarked(scene: Scene) -> None:
    scene.workspace.db.execute("update spans set state = 'rejected'")


def drawn(scene: Scene) -> None:
    unmarked(scene)
    review.draw(scene.workspace, scene.project, scene.document, by=BOSS)


def listed(scene: Scene) -> None:
    changes.add(scene.workspace, scene.project.id, entries=[ENTRY], actor=BOSS)


def outdated(scene: Scene) -> None:
    """Put an entry into the list past the documents, as if they had been searched while it came in."""
    listed(scene)
    scene.workspace.db.execute("delete from spans where detector = 'list'")


def nothing(_: Scene) -> None:
    """What is there is enough."""


def _answer(scene: Scene, sample: review.Sample) -> object:
    return review.answer(scene.acting, scene.document, sample.drawn_ids, by=scene.by)


# role, what comes before, the act, and in which of its transactions the role is gone
ACTS: dict[str, tuple[Role, Act, Act, int]] = {
    "return": ("approver", proposed, lambda s: review.return_(s.acting, s.document, comment="no", by=s.by), 1),
    "withdraw": ("reviewer", proposed, lambda s: review.withdraw(s.acting, s.document, reason="no", by=s.by), 1),
    "approve": ("approver", proposed, lambda s: review.approve(s.acting, s.project, s.document, by=s.by), 2),
    "approve all": ("approver", all_at_once, lambda s: review.approve_all(s.acting, s.project, by=s.by), 1),
    "two persons": ("owner", nothing, lambda s: review.set_two_person(s.acting, s.project, "on", by=s.by), 1),
    "sample size": ("owner", nothing, lambda s: review.set_sample_size(s.acting, s.project, 7, by=s.by), 1),
    "leak limit": ("owner", nothing, lambda s: set_leak_limit(s.acting, s.project, 0.05, actor=s.by), 1),
    "good enough": ("owner", nothing, lambda s: set_good_enough(s.acting, s.project, 0.7, actor=s.by), 1),
    "draw": ("reviewer", unmarked, lambda s: _answer(s, review.draw(s.acting, s.project, s.document, by=s.by)), 1),
    "answer": ("reviewer", drawn, lambda s: _answer(s, review.sample_of(s.workspace, s.document)), 1),
    "add to lists": (
        "reviewer", nothing, lambda s: changes.add(s.acting, s.project.id, entries=[ENTRY], actor=s.by), 1
    ),
    "remove from lists": (
        "reviewer", listed, lambda s: changes.remove(s.acting, s.project.id, entries=[ENTRY], actor=s.by), 1
    ),
    "apply lists": ("reviewer", outdated, lambda s: changes.catch_up(s.acting, s.document), 1),
    "treatment": (
        "owner", nothing,
        lambda s: set_treatment(s.acting, s.project, entity="PERSON", treatment="keep", person=s.by), 1,
    ),
    "set up re-identification": (
        "owner", nothing,
        lambda s: reidentification.set_up(s.acting, s.project, passphrase=PASSPHRASE, person=s.by), 1,
    ),
    "change the passphrase": (
        "owner", reidentifiable,
        lambda s: reidentification.change_passphrase(
            s.acting, s.project, old=PASSPHRASE, new=f"{PASSPHRASE} now", person=s.by
        ), 1,
    ),
    "turn off re-identification": (
        "owner", reidentifiable,
        lambda s: reidentification.turn_off(s.acting, s.project, typed_name=s.project.name, person=s.by), 1,
    ),
    "reveal": (
        "reviewer", reidentifiable,
        lambda s: reidentification.reveal(
            s.acting, s.project, surrogates=[], passphrase=PASSPHRASE, person=s.by, reason="the court asked"
        ), 1,
    ),
}  # fmt: skip


def interrupted(scene: Scene, act: Act, *, at: int, meanwhile: Callable[[], object]) -> None:
    """Do `act`; where its transaction number `at` is about to begin, `meanwhile` happens in another process."""
    begun: list[str] = []
    done: list[object] = []

    def watch(statement: str) -> None:
        if statement == "begin immediate":
            begun.append(statement)
            if len(begun) == at:
                done.append(meanwhile())

    db = scene.acting.db
    db.set_trace_callback(watch)
    try:
        act(scene)
    finally:
        db.set_trace_callback(None)
        assert done, "nothing happened meanwhile"


def scene_of(workspace: Workspace, signed_in: SignIn, role: Role) -> Scene:
    project, document, span = filled(workspace, "Ours")
    acting = signed_in("ada", (role, "auditor"), project)
    assert acting.actor
    return Scene(workspace=workspace, acting=acting, project=project, document=document, span=span, by=acting.actor.person)


def actions(workspace: Workspace) -> list[str]:
    return [entry.action for entry, _ in audit.entries(workspace.db)]


@pytest.mark.parametrize("name", ACTS)
def test_role_revoked_before_its_transaction_stores_nothing(name: str, workspace: Workspace, signed_in: SignIn) -> None:
    role, prepare, act, at = ACTS[name]
    scene = scene_of(workspace, signed_in, role)
    prepare(scene)
    before = actions(workspace)
    with pytest.raises(AccessError, match="You may not"):
        interrupted(scene, act, at=at, meanwhile=lambda: people.revoke(workspace, scene.by.id, role, project=scene.project))
    assert actions(workspace)[len(before) :] == ["member removed", "access refused"]


@pytest.mark.parametrize("name", ACTS)
def test_sign_in_ended_before_its_transaction_stores_nothing(name: str, workspace: Workspace, signed_in: SignIn) -> None:
    role, prepare, act, at = ACTS[name]
    scene = scene_of(workspace, signed_in, role)
    prepare(scene)
    before = actions(workspace)
    with pytest.raises(AccessError, match="ended"):
        interrupted(scene, act, at=at, meanwhile=lambda: people.end_sign_ins(workspace, scene.by.id))
    assert actions(workspace)[len(before) :] == ["signed out"]


@pytest.mark.parametrize("name", ACTS)
def test_every_act_succeeds_where_nothing_happens_meanwhile(name: str, workspace: Workspace, signed_in: SignIn) -> None:
    role, prepare, act, at = ACTS[name]
    scene = scene_of(workspace, signed_in, role)
    prepare(scene)
    before = actions(workspace)
    interrupted(scene, act, at=at, meanwhile=lambda: "nothing")
    entries = [entry for entry, _ in audit.entries(workspace.db)][len(before) :]
    assert entries and {(entry.actor, entry.subjects["person"]) for entry in entries} == {("Ada", scene.by.id)}


def test_permit_ends_with_the_role_that_it_was_given_for(workspace: Workspace, signed_in: SignIn) -> None:
    scene = scene_of(workspace, signed_in, "reviewer")
    permitted = scene.acting.allowed("decide", scene.project.id, by=scene.by)
    further = permitted.allowed("approve", scene.project.id)  # what a reviewer's act leads to
    assert permitted.text(scene.document) == further.text(scene.document) == TEXT
    people.revoke(workspace, scene.by.id, "reviewer", project=scene.project)
    for one in (permitted, further):
        with pytest.raises(AccessError, match="decide"):
            one.text(scene.document)


def test_a_permit_leaves_its_giver_as_restricted_as_before(workspace: Workspace, signed_in: SignIn) -> None:
    other, document, _ = filled(workspace, "Theirs")
    scene = scene_of(workspace, signed_in, "reviewer")
    permitted = scene.acting.allowed("decide", scene.project.id, by=scene.by)
    assert len(find(permitted.db, Project)) == 2  # what follows from an act may reach further
    assert find(scene.acting.db, Project) == [scene.project]
    with pytest.raises(RuntimeError), transaction(permitted.db):
        assert find(permitted.db, Document, project_id=other.id) == [document]
        assert find(scene.acting.db, Document) == [scene.document]
        raise RuntimeError
    with pytest.raises(AccessError), transaction(permitted.db):
        scene.acting.text(document)
    assert find(scene.acting.db, Document) == [scene.document]
    assert "access refused" in actions(workspace)


def test_no_service_and_no_page_keeps_a_connection_that_a_permit_could_open_further() -> None:
    """The actor of a connection is whoever took it last, so one is taken anew for each use, except in a permit itself."""
    kept = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("core/services", "core/jobs", "dashboard")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Assign | ast.NamedExpr)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "db"
        and ast.unparse(node.value.value) != "permitted"
    }
    assert kept == set()
