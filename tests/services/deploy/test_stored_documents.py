"""The documents of a service: for keys that may chat there, as they are approved when somebody asks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.deploy.door import Caller
from core.deploy.engine import Served
from core.deploy.limits import Limits
from core.deploy.refusal import Refused
from core.errors import AccessError, InputError, SetupError
from core.records import Document, Project
from core.services.deploy.deployed import Deployed
from core.services.deploy.deploying import Address, deploy
from core.services.deploy.keys import NewKey, add_key, revoke_key
from core.services.deploy.stored_documents import StoredDocuments, open_documents
from core.services.deploy.stored_door import StoredDoor
from core.storage import Workspace, people
from tests.access.conftest import SignIn, signed_in, token  # noqa: F401 - a fixture
from tests.service.conftest import Start, asked_log, start  # noqa: F401 - fixtures
from tests.service.test_answers import events
from tests.services.retrieval.conftest import Approve, approve, embed  # noqa: F401 - a fixture

ROPE = "The rope of the winch is replaced every 90 days."
QUESTION = "How often is the rope of the winch replaced?"


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Manuals")


@pytest.fixture
def document(project: Project, approve: Approve) -> Document:  # noqa: F811 - the fixture
    return approve(project, "winch.txt", ROPE, "Soup is cooked with carrots.")


@pytest.fixture
def documents(workspace: Workspace, project: Project, document: Document) -> StoredDocuments:
    return open_documents(workspace, project, embed=embed)


def of_person(workspace: Workspace, project: Project, role: str = "expert") -> NewKey:
    person = people.sign_in(workspace, token("ada")).person
    people.grant(workspace, person.id, role, project=project)
    return add_key(workspace, "ada's", person_id=person.id, project=project)


def refused(act: Callable[[], Any]) -> int:
    with pytest.raises(Refused) as found:
        act()
    return found.value.status


def test_the_model_reads_the_sources_and_its_answer_is_compared_with_them(
    workspace: Workspace, documents: StoredDocuments
) -> None:
    found = documents.prepare(Caller(add_key(workspace, "wiki").key.id), QUESTION)
    assert ROPE in found.prompts[0] and found.prompts[0].endswith(QUESTION)
    told = found.supporting("The rope is replaced every 90 days. It is blue.")
    first, second = told["sentences"]
    (citation,) = first["citations"]
    source = told["sources"][citation["source"]]
    assert (source["document"], source["page"], source["text"]) == ("winch.txt", "page 1", ROPE)
    assert citation["text"] == ROPE[citation["start"] : citation["end"]] and "every 90 days" in citation["text"]
    assert second["citations"] == [] and not told["is_refused"]


def test_what_the_documents_do_not_tell_is_refused(workspace: Workspace, documents: StoredDocuments) -> None:
    found = documents.prepare(Caller(add_key(workspace, "wiki").key.id), "Who won the championship in Brazil?")
    assert found.prompts == () and found.supporting(found.refusal)["is_refused"]


def test_long_sources_are_offered_in_shorter_forms_too(
    workspace: Workspace,
    project: Project,
    approve: Approve,  # noqa: F811 - the fixture
) -> None:
    approve(project, "long.txt", *[f"{ROPE} " + "Look at the seal. " * 60 for _ in range(4)])
    key = Caller(add_key(workspace, "wiki").key.id)
    lengths = [len(each) for each in open_documents(workspace, project, embed=embed).prepare(key, QUESTION).prompts]
    assert len(lengths) == 4 and lengths == sorted(lengths, reverse=True) and lengths[-1] < 1000


def test_a_withdrawn_approval_is_out_of_the_next_answer(
    workspace: Workspace, document: Document, documents: StoredDocuments, project: Project
) -> None:
    key = Caller(add_key(workspace, "wiki").key.id)
    found = documents.prepare(key, QUESTION)
    workspace.withdraw_approval(document.id, reason="wrong")
    assert refused(lambda: found.supporting(ROPE)) == 409  # nor is one told that was being written
    again = documents.prepare(key, QUESTION)
    assert again.prompts == () and again.supporting(ROPE)["sources"] == []
    stored = b"".join(path.read_bytes() for path in workspace.sources_path(project.id).parent.glob("sources.sqlite3*"))
    assert b"winch" not in stored


def test_a_document_that_was_approved_again_is_read_as_it_is_now(
    workspace: Workspace,
    project: Project,
    document: Document,
    documents: StoredDocuments,
    approve: Approve,  # noqa: F811
) -> None:
    key = Caller(add_key(workspace, "wiki").key.id)
    found = documents.prepare(key, QUESTION)
    approve(project, "winch.txt", ROPE.replace("90", "30"), "Soup is cooked with carrots.", document=document)
    assert refused(lambda: found.supporting(ROPE)) == 409
    (prompt, *_) = documents.prepare(key, QUESTION).prompts
    assert "every 30 days" in prompt and "every 90 days" not in prompt


@pytest.mark.parametrize("role", ["owner", "expert", "reviewer", "approver"])
def test_a_persons_key_is_as_good_as_their_role(
    role: str, workspace: Workspace, project: Project, documents: StoredDocuments
) -> None:
    new = of_person(workspace, project, role)
    caller, person_id = Caller(new.key.id), new.key.person_id or ""
    found = documents.prepare(caller, QUESTION)
    people.revoke(workspace, person_id, role, project=project)
    assert refused(lambda: documents.prepare(caller, QUESTION)) == 403
    assert refused(lambda: found.supporting(ROPE)) == 403
    people.grant(workspace, person_id, "auditor", project=project)  # who may not chat
    assert refused(lambda: documents.prepare(caller, QUESTION)) == 403


def test_no_key_a_revoked_one_and_that_of_another_project_read_nothing(
    workspace: Workspace, project: Project, documents: StoredDocuments
) -> None:
    ours, others = (add_key(workspace, "a", project=each).key.id for each in (project, workspace.create_project("Others")))
    assert documents.prepare(Caller(ours), QUESTION).prompts
    revoke_key(workspace, ours)
    for key_id in (None, "", "key-0", ours, others):
        assert refused(lambda: documents.prepare(Caller(key_id), QUESTION)) == 403  # noqa: B023 called at once
    machine = Caller(add_key(workspace, "wiki").key.id)
    assert documents.prepare(machine, QUESTION).prompts
    workspace.db.execute("delete from projects where id = ?", [project.id])
    assert refused(lambda: documents.prepare(machine, QUESTION)) == 403


def test_an_index_that_is_gone_is_made_again_and_a_damaged_one_gives_no_answer(
    workspace: Workspace, project: Project, documents: StoredDocuments
) -> None:
    key, path = Caller(add_key(workspace, "wiki").key.id), workspace.sources_path(project.id)
    path.unlink()
    assert documents.prepare(key, QUESTION).prompts
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(Refused) as found:
        documents.prepare(key, QUESTION)
    assert found.value.status == 500 and str(workspace.home) not in found.value.message


def test_without_the_network_that_compares_meanings_nothing_is_served(
    workspace: Workspace, project: Project, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = open_documents(workspace, project, embed=embed)
    documents._embed = None

    def missing(folders: object, name: str) -> None:
        raise SetupError(f"There is no model {name}.", "Install it.")

    monkeypatch.setattr("core.services.retrieval.index.find_model", missing)
    with pytest.raises(SetupError, match="minilm"):
        open_documents(workspace, project)
    key = Caller(add_key(workspace, "wiki").key.id)
    assert refused(lambda: documents.prepare(key, QUESTION)) == 500


def test_who_may_not_chat_opens_no_documents(
    workspace: Workspace,
    project: Project,
    document: Document,
    signed_in: SignIn,  # noqa: F811 - the fixture
) -> None:
    with pytest.raises(AccessError, match="chat"):
        open_documents(signed_in("ada", ("auditor",), project), project, embed=embed)


def test_documents_are_served_with_a_key_and_their_own_projects_models_alone(
    workspace: Workspace, documents: StoredDocuments, tmp_path: Path
) -> None:
    def served(project_id: str | None) -> Deployed:
        return Deployed(served=Served(name="tiny", model=tmp_path), sha256=None, project_id=project_id)

    def started(deployed: Deployed) -> None:
        deploy(workspace, deployed, Address(port=1), limits=Limits(), on_ready=lambda needs_key: None, documents=documents)

    new = add_key(workspace, "wiki")
    with pytest.raises(InputError, match="another project than Manuals"):
        started(served(workspace.create_project("Others").id))
    revoke_key(workspace, new.key.id)
    for project_id in (None, documents.project.id):
        with pytest.raises(InputError, match="without a key"):
            started(served(project_id))


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_running_service_gives_the_text_until_it_is_withdrawn_and_the_role_until_it_ends(
    is_stream: bool,
    workspace: Workspace,
    project: Project,
    document: Document,
    documents: StoredDocuments,
    start: Start,  # noqa: F811
) -> None:
    new = of_person(workspace, project)
    service = start(documents=documents, keys=StoredDoor(workspace, project_id=None, is_open=False))
    service.client.headers["authorization"] = f"Bearer {new.secret}"

    def ask() -> str:
        response = service.ask(QUESTION, stream=is_stream, garrison={"documents": True})
        return "".join(events(response)) if is_stream else response.text

    assert ROPE in ask()
    workspace.withdraw_approval(document.id, reason="wrong")
    told = ask()
    assert "90 days" not in told and "The documents do not say." in told
    people.revoke(workspace, new.key.person_id or "", "expert", project=project)
    assert service.ask(QUESTION, garrison={"documents": True}).status_code == 403
