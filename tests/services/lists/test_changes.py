"""Changing a list: what becomes of documents that were searched, decided on and approved before."""

import pytest

from core.errors import InputError
from core.files import sha256_text
from core.identity import declared
from core.jobs.context import JobContext
from core.privacy.lists.file import new_entry, read_lists
from core.privacy.lists.patterns import definition_of, parse_part
from core.records import CustomPattern, Document, Job, ListEntry, Page, Project, Review, Span, new_id, now
from core.services import review
from core.services.lists import changes as list_changes
from core.services.lists.changes import REASON, preview, preview_removal
from core.services.lists.effects import Effect
from core.services.lists.suggestions import dismiss, suggestions
from core.services.privacy.anonymization import Result, find_personal_data
from core.storage import Workspace, audit, count, find, insert, update
from core.storage.removal import remove_project
from tests.unread import approve_unread

VALE = declared("R. Vale")
GATES = "The kestrel gate is locked. Ask at the gate for badge AB-12345."
OIL = "The oil is changed every 250 hours, as the Kestrel gate log says."
PLAIN = "Nothing of the kind stands in this text."


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Gates", policy="all-at-once")


def put(workspace: Workspace, project: Project, text: str, *, is_searched: bool = True) -> Document:
    digest = sha256_text(text)
    document = Document(
        id=new_id("document"), project_id=project.id, name="gates.txt", kind="txt", size_bytes=len(text), sha256=digest,
        text_sha256=digest, analyzed_sha256=digest if is_searched else "", state="read", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    return document


def put_span(workspace: Workspace, document: Document, value: str, **changes: object) -> Span:
    start = workspace.text(document).index(value)
    values = {
        "id": new_id("span"), "document_id": document.id, "start": start, "end": start + len(value), "entity": "SITE",
        "score": 0.8, "detector": "spacy", "surrogate": "Rowan",
    }  # fmt: skip
    span = Span(**{**values, **changes})  # type: ignore[arg-type]
    insert(workspace.db, span)
    return span


def entry(project: Project | None, text: str, kind: str = "deny", entity: str = "SITE") -> ListEntry:
    return new_entry(text, project_id=project.id if project else "", kind=kind, entity=entity, actor=VALE)


def add(workspace: Workspace, project: Project | None, *entries: ListEntry) -> Effect:
    return list_changes.add(workspace, project.id if project else "", entries=entries, actor=VALE)


def marks(workspace: Workspace, document: Document) -> list[tuple[str, str, str]]:
    text = workspace.text(document)
    spans = find(workspace.db, Span, document_id=document.id, order="start")
    return [(text[s.start : s.end], s.state, s.detector) for s in spans]


def anonymize(workspace: Workspace, project: Project) -> Result:
    job = Job(id=new_id("job"), kind="anonymize", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    return find_personal_data(JobContext(workspace, job), project)


def test_deny_entry_marks_searched_documents_and_takes_their_approval_with_the_reason(
    workspace: Workspace, project: Project
) -> None:
    gates, oil, plain = (put(workspace, project, text) for text in (GATES, OIL, PLAIN))
    for document in (gates, oil, plain):
        approve_unread(workspace, project, document, by=declared("R. Vale"))
    kestrel = entry(project, "Kestrel gate")
    foreseen = preview(workspace, project.id, entries=[kestrel])
    assert foreseen == Effect(places=2, documents=2, marked=2, approvals=2)
    assert marks(workspace, gates) == []
    assert add(workspace, project, kestrel) == foreseen
    assert marks(workspace, gates) == [("kestrel gate", "detected", "list")]
    assert marks(workspace, oil) == [("Kestrel gate", "detected", "list")]
    [withdrawn] = find(workspace.db, Review, document_id=oil.id)
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", REASON)
    assert workspace.active_review(plain.id) is not None
    [one] = find(workspace.db, Span, document_id=gates.id)
    [other] = find(workspace.db, Span, document_id=oil.id)
    assert one.surrogate and one.surrogate.casefold() == other.surrogate.casefold()


def test_entry_added_again_changes_nothing(workspace: Workspace, project: Project) -> None:
    put(workspace, project, GATES)
    add(workspace, project, entry(project, "Kestrel gate"))
    again = add(workspace, project, entry(project, "KESTREL  GATE"), entry(project, "kestrel gate"))
    assert again == Effect(left_out=2)
    assert count(workspace.db, ListEntry) == 1


def test_list_for_all_projects_reaches_each_of_them_and_that_of_one_no_other(workspace: Workspace, project: Project) -> None:
    other = workspace.create_project("Oil", policy="all-at-once")
    gates, oil = put(workspace, project, GATES), put(workspace, other, OIL)
    add(workspace, project, entry(project, "Kestrel gate"))
    assert (len(marks(workspace, gates)), len(marks(workspace, oil))) == (1, 0)
    add(workspace, None, entry(None, "Kestrel gate"))
    assert (len(marks(workspace, gates)), len(marks(workspace, oil))) == (1, 1)


def test_place_that_was_rejected_before_is_put_before_a_reviewer_again_and_only_once(
    workspace: Workspace, project: Project
) -> None:
    gates = put(workspace, project, GATES)
    put_span(workspace, gates, "kestrel gate", state="rejected", reviewer="R. Vale")
    add(workspace, project, entry(project, "Kestrel gate"))
    assert marks(workspace, gates) == [("kestrel gate", "detected", "list")]
    review.reject(workspace, find(workspace.db, Span), by=declared("R. Vale"))
    anonymize(workspace, project)
    assert marks(workspace, gates) == [("kestrel gate", "rejected", "list")]


def test_allow_entry_rejects_undecided_marks_in_the_name_of_who_added_it_and_leaves_accepted_ones(
    workspace: Workspace, project: Project
) -> None:
    gates, oil = put(workspace, project, GATES), put(workspace, project, OIL)
    put_span(workspace, gates, "kestrel")
    put_span(workspace, gates, "kestrel gate")
    put_span(workspace, oil, "Kestrel", state="accepted", reviewer="A. Moor")
    approve_unread(workspace, project, gates, by=declared("R. Vale"))
    kestrel = entry(project, "Kestrel", "allow")
    assert preview(workspace, project.id, entries=[kestrel]) == Effect(places=2, documents=2, rejected=1, approvals=1)
    add(workspace, project, kestrel)
    assert sorted(marks(workspace, gates)) == [("kestrel", "rejected", "spacy"), ("kestrel gate", "detected", "spacy")]
    assert marks(workspace, oil) == [("Kestrel", "accepted", "spacy")]
    assert {span.reviewer for span in find(workspace.db, Span, state="rejected")} == {"R. Vale"}
    assert workspace.active_review(gates.id) is None


def test_removed_deny_entry_uncovers_nothing(workspace: Workspace, project: Project) -> None:
    gates = put(workspace, project, GATES)
    add(workspace, project, entry(project, "Kestrel gate"))
    standing = approve_unread(workspace, project, gates, by=declared("R. Vale"))
    assert list_changes.remove(workspace, project.id, entries=find(workspace.db, ListEntry), actor=VALE) == Effect()
    assert marks(workspace, gates) == [("kestrel gate", "detected", "list")]
    assert workspace.active_review(gates.id) == standing
    assert count(workspace.db, ListEntry) == 0


def test_removed_allow_entry_makes_its_marks_undecided_and_asks_for_a_new_search(
    workspace: Workspace, project: Project
) -> None:
    gates, plain = put(workspace, project, GATES), put(workspace, project, PLAIN)
    put_span(workspace, gates, "kestrel")
    add(workspace, project, entry(project, "Kestrel", "allow"))
    for document in (gates, plain):
        approve_unread(workspace, project, document, by=declared("R. Vale"))
    entries = find(workspace.db, ListEntry)
    foreseen = preview_removal(workspace, project.id, entries)
    assert foreseen == Effect(places=1, documents=1, marked=1, searches=1, approvals=1)
    assert list_changes.remove(workspace, project.id, entries=entries, actor=VALE) == foreseen
    assert marks(workspace, gates) == [("kestrel", "detected", "spacy")]
    assert not find(workspace.db, Document, id=gates.id)[0].is_analyzed
    assert workspace.active_review(gates.id) is None
    assert workspace.active_review(plain.id) is not None


def test_pattern_marks_what_it_fits_and_its_name_is_its_own(workspace: Workspace, project: Project) -> None:
    gates = put(workspace, project, GATES)
    parts = [parse_part("letters 2"), parse_part("text -"), parse_part("digits 5")]
    badge = CustomPattern(
        id="pattern-1", project_id=project.id, name="Badge", definition=definition_of(parts), entity="ID_NUMBER",
        added_by="R. Vale", created_at=now(),
    )  # fmt: skip
    list_changes.add(workspace, project.id, patterns=[badge], actor=VALE)
    assert marks(workspace, gates) == [("AB-12345", "detected", "list")]
    assert find(workspace.db, CustomPattern) == [badge]
    with pytest.raises(InputError, match="of this name"):
        list_changes.add(workspace, project.id, patterns=[badge], actor=VALE)


def test_nothing_is_stored_when_an_entry_cannot_be_used(workspace: Workspace, project: Project) -> None:
    for text, kind, entity in (
        ("Q", "deny", "SITE"),
        ("…!?", "deny", "SITE"),
        ("Anvil", "deny", "NAME"),
        ("y" * 201, "allow", ""),
    ):
        with pytest.raises(InputError) as caught:
            add(workspace, project, entry(project, "Kestrel"), entry(project, text, kind, entity))
        assert text not in str(caught.value)
    assert count(workspace.db, ListEntry) == 0


def test_audit_log_holds_counts_and_ids_and_no_text_of_an_entry(workspace: Workspace, project: Project) -> None:
    put(workspace, project, GATES)
    add(workspace, project, entry(project, "Kestrel gate"), entry(project, "badge", "allow"))
    list_changes.remove(workspace, project.id, entries=find(workspace.db, ListEntry, kind="deny"), actor=VALE)
    log = list(audit.entries(workspace.db))
    added, applied, removed = [e for e, _ in log if e.action.startswith("list")]
    assert (added.action, added.actor, added.counts) == ("list entries added", "R. Vale", {"deny": 1, "allow": 1})
    assert (applied.action, applied.counts) == ("lists applied", {"marked": 1, "rejected": 0})
    assert removed.counts == {"deny": 1, "allow": 0}
    assert not any("kestrel" in line.lower() or "badge" in line.lower() for _, line in log)


def test_lists_go_with_their_project(workspace: Workspace, project: Project) -> None:
    add(workspace, project, entry(project, "Kestrel gate"))
    add(workspace, None, entry(None, "Anvil"))
    remove_project(workspace, project)
    assert [one.text for one in find(workspace.db, ListEntry)] == ["Anvil"]


@pytest.mark.model
def test_search_finds_what_is_denied_and_leaves_what_is_allowed_names_of_other_documents_too(
    workspace: Workspace, project: Project
) -> None:
    record = put(workspace, project, "Sgt Orla Tarkwell opened the kestrel gate.", is_searched=False)
    note = put(workspace, project, "the key lies with the clerk, or else with TARKWELL.", is_searched=False)
    add(workspace, project, entry(project, "Tarkwell", "allow"), entry(project, "kestrel gate"))
    anonymize(workspace, project)
    assert [value for value, _, _ in marks(workspace, record)] == ["Orla Tarkwell", "kestrel gate"]
    assert marks(workspace, note) == []


def test_entry_added_while_a_document_was_searched_is_applied_before_the_job_ends(
    workspace: Workspace, project: Project
) -> None:
    gates = put(workspace, project, GATES)
    insert(workspace.db, entry(project, "Kestrel gate"))  # as if stored between the search and this moment
    anonymize(workspace, project)
    assert marks(workspace, gates) == [("kestrel gate", "detected", "list")]


@pytest.mark.model
def test_second_search_keeps_what_was_decided(workspace: Workspace, project: Project) -> None:
    record = put(workspace, project, "Sgt Orla Tarkwell opened it.", is_searched=False)
    anonymize(workspace, project)
    review.reject(workspace, find(workspace.db, Span), by=declared("R. Vale"))
    update(workspace.db, Document, record.id, analyzed_sha256="")
    anonymize(workspace, project)
    assert [state for _, state, _ in marks(workspace, record)] == ["rejected"]


def test_corrections_are_suggested_until_they_are_listed_or_dismissed(workspace: Workspace, project: Project) -> None:
    gates, oil = put(workspace, project, GATES), put(workspace, project, OIL)
    for document, value in ((gates, "kestrel gate"), (oil, "Kestrel gate")):
        put_span(workspace, document, value, state="accepted", detector="reviewer")
    text = "Anvil, anvil, ANVIL; Bolt, bolt."
    shop = put(workspace, project, text)
    for value in ("Anvil", "anvil", "ANVIL", "Bolt", "bolt"):
        put_span(workspace, shop, value, state="rejected")
    deny, allow = sorted(suggestions(workspace, project), key=lambda s: s.kind, reverse=True)
    assert (deny.kind, deny.text.lower(), deny.count, deny.documents) == ("deny", "kestrel gate", 2, 2)
    assert (allow.kind, allow.text.lower(), allow.count) == ("allow", "anvil", 3)  # "bolt" was rejected in two places
    add(workspace, project, entry(project, deny.text))
    dismiss(workspace, project, allow)
    assert suggestions(workspace, project) == []


def test_csv_of_many_sorts_is_read_and_bad_rows_are_named_by_number_alone() -> None:
    data = (
        "\ufefftext;type;kind\r\n"
        '"Tarkwell; Orla";PERSON;deny\r\n'
        "Anvil;;allow\r\n"
        "x;;\r\n"
        "Kestrel;NO TYPE;deny\r\n"
        "(a+)+$;ID_NUMBER;regex\r\n"
        "\\bQX-\\d{4}\\b;id number;regex\r\n"
        "Bolt;SITE;never\r\n"
    ).encode()
    read = read_lists(data, project_id="", actor=VALE)
    assert [(e.text, e.entity, e.kind) for e in read.entries] == [
        ("Tarkwell; Orla", "PERSON", "deny"),
        ("Anvil", "", "allow"),
    ]
    assert [(r.definition, r.entity) for r in read.patterns] == [({"expression": "\\bQX-\\d{4}\\b"}, "ID_NUMBER")]
    assert [number for number, _ in read.bad_rows] == [4, 5, 6, 8]
    assert not any(word in reason for _, reason in read.bad_rows for word in ("Kestrel", "Bolt", "(a+)"))


def test_list_without_a_header_is_one_text_a_line() -> None:
    read = read_lists(b"Orla Tarkwell\nAnvil\n\n", project_id="", actor=VALE, kind="allow")
    assert [(e.text, e.kind) for e in read.entries] == [("Orla Tarkwell", "allow"), ("Anvil", "allow")]


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe\x00", b"name,type\nOrla,PERSON\n", b"text\n" + b"Orla T\n" * 50_001, b'text\n"' + b"a" * 200_000],
)
def test_file_that_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read_lists(data, project_id="", actor=VALE)
