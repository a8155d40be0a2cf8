import pytest

from core.files import sha256_text
from core.identity import declared
from core.jobs.context import JobContext
from core.privacy import NameSearch, people_in
from core.records import Document, Job, Page, Project, Review, Span, new_id, now
from core.services import review
from core.services.privacy.anonymization import SPREAD_REASON, Result, find_personal_data
from core.storage import Workspace, find, insert
from tests.unread import approve_unread

RECORD = "Sgt Orla Tarkwell opened the gate."
MISSED = "the key of locker 4 lies with the clerk, or else with TARKWELL."  # nothing here says that this is a name
NOTE = "Nobody asked why Tarkwell came back, or when Orla Tarkwell left."


def span(text: str, value: str, *, detector: str = "rules", state: str = "detected") -> Span:
    start = text.index(value)
    return Span(
        id=new_id("span"), document_id="d", start=start, end=start + len(value), entity="PERSON", score=0.9,
        detector=detector, state=state,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_name_with_its_rank_gives_itself_and_its_parts() -> None:
    assert people_in(RECORD, [span(RECORD, "Orla Tarkwell")]) == ({"Orla Tarkwell", "Orla", "Tarkwell"}, set())


def test_what_only_the_model_takes_for_a_person_gives_no_single_words() -> None:
    text = "Wisdom came with Orla Tarkwell."
    spans = [span(text, "Wisdom", detector="spacy"), span(text, "Orla Tarkwell", detector="spacy")]
    assert people_in(text, spans) == ({"Orla Tarkwell"}, set())


def test_a_name_that_a_reviewer_rejected_is_named_as_such() -> None:
    assert people_in(RECORD, [span(RECORD, "Tarkwell", state="rejected")]) == (set(), {"Tarkwell"})


def test_a_word_that_the_other_document_writes_small_uncovers_no_name_and_stays_readable_itself() -> None:
    search = NameSearch({"Reed"})
    for text in ("Reed is strong. The reed grows in water.", "Reed is strong. It grows in water."):
        assert [(span.start, span.end) for span in search.new_spans("d", text, spans=[])] == [(0, 4)]


def test_a_name_of_another_document_is_found_in_a_line_of_a_chat() -> None:
    text = "[10:40] orla tarkwell: on my way\n[10:41] duty: ask tarkwell again. OK"
    found = NameSearch({"Orla Tarkwell", "Orla", "Tarkwell"}).new_spans("d", text, spans=[])
    assert [text[span.start : span.end] for span in found] == ["orla tarkwell", "tarkwell"]


def test_a_name_written_small_is_given_to_the_other_documents_with_capitals() -> None:
    text = "sgt orla tarkwell opened the gate."
    assert people_in(text, [span(text, "orla tarkwell")]) == ({"Orla Tarkwell", "Orla", "Tarkwell"}, set())


@pytest.mark.parametrize("written", ["Tark\u200bwell", "\uff34arkwell", "Tark\u00adwell", "TARK\u2060WELL"])
def test_a_name_is_found_in_another_document_with_hidden_characters_and_given_from_there(written: str) -> None:
    text = f"Nobody asked why {written} came back."
    [found] = NameSearch({"Tarkwell"}).new_spans("d", text, spans=[])
    assert text[found.start : found.end] == written
    assert NameSearch({"Tarkwell"}).new_spans("d", text, spans=[found]) == []
    if not written.isupper():
        assert people_in(text, [span(text, written)]) == ({"Tarkwell"}, set())
    assert people_in(text, [span(text, written, state="rejected")]) == (
        set(),
        {written.replace("\u2060", "") if written.isupper() else "Tarkwell"},
    )


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Gates", policy="all-at-once")


def put(workspace: Workspace, project: Project, text: str) -> Document:
    digest = sha256_text(text)
    document = Document(
        id=new_id("document"), project_id=project.id, name="gates.txt", kind="txt", size_bytes=len(text), sha256=digest,
        text_sha256=digest, state="read", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    return document


def anonymize(workspace: Workspace, project: Project) -> Result:
    job = Job(id=new_id("job"), kind="anonymize", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    return find_personal_data(JobContext(workspace, job), project)


def masked(workspace: Workspace, document: Document) -> list[str]:
    text = workspace.text(document)
    spans = find(workspace.db, Span, document_id=document.id, order="start")
    return [text[s.start : s.end] for s in spans if s.state != "rejected"]


@pytest.mark.model
def test_a_name_of_one_document_is_masked_in_an_earlier_one_by_the_same_surrogate(
    workspace: Workspace, project: Project
) -> None:
    note = put(workspace, project, MISSED)
    record = put(workspace, project, RECORD)
    result = anonymize(workspace, project)
    assert (result.documents, result.spread, masked(workspace, note)) == (2, 1, ["TARKWELL"])
    [surname] = find(workspace.db, Span, document_id=note.id)
    [name] = find(workspace.db, Span, document_id=record.id)
    assert (surname.detector, surname.surrogate.title()) == ("propagation", name.surrogate.split()[-1])


@pytest.mark.model
def test_an_approval_is_withdrawn_when_a_later_document_brings_a_name_that_stands_there(
    workspace: Workspace, project: Project
) -> None:
    note = put(workspace, project, MISSED)
    other = put(workspace, project, "The oil is changed every 250 hours.")
    anonymize(workspace, project)
    for document in (note, other):
        approve_unread(workspace, project, document, by=declared("R. Vale"))
    put(workspace, project, RECORD)
    assert anonymize(workspace, project).spread == 1
    [withdrawn] = find(workspace.db, Review, document_id=note.id)
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", SPREAD_REASON)
    assert masked(workspace, note) == ["TARKWELL"]
    assert workspace.active_review(other.id) is not None


@pytest.mark.model
def test_a_second_search_adds_nothing_and_leaves_approvals_alone(workspace: Workspace, project: Project) -> None:
    documents = [put(workspace, project, NOTE), put(workspace, project, RECORD)]
    first = anonymize(workspace, project)
    approved = [approve_unread(workspace, project, document, by=declared("R. Vale")) for document in documents]
    assert anonymize(workspace, project) == Result(documents=0, spans=first.spans, spread=0)
    assert [workspace.active_review(document.id) for document in documents] == approved


@pytest.mark.model
def test_what_a_reviewer_rejected_is_neither_found_again_nor_spread(workspace: Workspace, project: Project) -> None:
    record = put(workspace, project, RECORD)
    anonymize(workspace, project)
    review.reject(workspace, find(workspace.db, Span, document_id=record.id), by=declared("R. Vale"))
    put(workspace, project, "the gate is called Orla Tarkwell by the crew.")
    anonymize(workspace, project)
    assert masked(workspace, record) == []


@pytest.mark.model
def test_a_stopped_job_spreads_names_when_it_is_started_again(workspace: Workspace, project: Project) -> None:
    note, record = put(workspace, project, NOTE), put(workspace, project, RECORD)
    anonymize(workspace, project)
    # the state after a stop between the two halves: searched, nothing spread
    workspace.db.execute("delete from spans where document_id = ?", [note.id])
    assert anonymize(workspace, project).documents == 0
    assert masked(workspace, note) == ["Tarkwell", "Orla Tarkwell"]
    assert masked(workspace, record) == ["Orla Tarkwell"]
