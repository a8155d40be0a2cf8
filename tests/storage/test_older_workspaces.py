"""A workspace that an earlier version wrote keeps its documents, decisions and approvals when it is opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.files import sha256_text
from core.identity import declared
from core.records import Document, Job, Project, Review, Span
from core.storage import Workspace, audit_check, find, get
from core.storage.migrations import MIGRATIONS

TEXT, ANONYMIZED = "Anna Berg opened the valve.", "Odile Marston opened the valve."
BEFORE_REVIEW = 2  # steps: the records and the audit log, before proposals, treatments, lists and people


def write_older(home: Path) -> None:
    """One approved document, a withdrawn approval under a name that would not be taken today, and a job."""
    text, anonymized, then = sha256_text(TEXT), sha256_text(ANONYMIZED), "2026-01-01T00:00:00.000+00:00"
    home.mkdir()
    with closing(sqlite3.connect(home / "garrison.sqlite3", isolation_level=None)) as db:
        for step in MIGRATIONS[:BEFORE_REVIEW]:
            step(db)
        db.execute(f"pragma user_version = {BEFORE_REVIEW}")
        rows: list[tuple[str, list[object]]] = [
            ("projects", ["project-1", "Valves", "each-document", 0, then]),
            ("documents", ["document-1", "project-1", "v.txt", "txt", 27, text, text, "read", "", 1, 5, "en", text, then]),
            ("passages", ["passage-1", "document-1", 0, 0, len(TEXT), "Anna Berg", "sheet Anna Berg", 5]),
            ("spans", ["span-1", "document-1", 0, 9, "PERSON", 0.9, "spacy", "accepted", "Ada", "Odile Marston"]),
            ("reviews", ["review-0", "document-1", "x\x1b", "b", "c", 1, "withdrawn", "read again", then]),
            ("reviews", ["review-1", "document-1", "Ada", text, anonymized, 1, "approved", "", then]),
            ("approved_passages", ["review-1", "passage-1", 0, len(ANONYMIZED)]),
            (
                "jobs",
                ["job-1", "read", "project-1", "{}", "k", 0, "done", 1, 1, "", "", "{}", "", "", 0, 0, 0, *[""] * 4, 0],
            ),
        ]
        for table, values in rows:
            db.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)  # noqa: S608 ours
    folder = home / "projects" / "project-1"
    for path, content in (("anonymized/review-1.txt", ANONYMIZED), ("documents/document-1/text.txt", TEXT)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(content, encoding="utf-8")


def test_workspace_from_before_proposals_keeps_data_and_approvals(tmp_path: Path) -> None:
    home = tmp_path / "older"
    write_older(home)
    workspace = Workspace(home)
    document, project = get(workspace.db, Document, "document-1"), get(workspace.db, Project, "project-1")
    assert workspace.text(document) == TEXT and document.is_analyzed and document.marking is None
    assert document.is_search_outdated
    assert (project.two_person, project.highest_marking) == ("auto", "unclassified")
    assert get(workspace.db, Span, "span-1").state == "accepted" and get(workspace.db, Job, "job-1").person_id is None
    assert [review.state for review in find(workspace.db, Review)] == ["withdrawn", "approved"]
    review, passages = workspace.approved_passages(document)
    assert review is not None and (review.proposer, review.reviewer, review.is_authenticated) == ("Ada", "Ada", False)
    assert (review.sampled, review.unread_count, review.second_found) == (0, None, None)
    assert review.unread is None
    assert [(passage.text, passage.heading, passage.page) for passage in passages] == [
        (ANONYMIZED, "", "sheet without name")
    ]
    known = [tuple(row) for row in workspace.db.execute("select person_id, name from review_people")]
    assert known == [(declared("Ada").id, "Ada")]
    assert audit_check.verify(workspace.db).is_whole
    workspace.close()


def test_spans_from_before_treatments_were_stored_get_theirs(tmp_path: Path) -> None:
    """What replaces a span used to be told by the text in its surrogate's place alone."""
    home = tmp_path / "older"
    write_older(home)
    told = {
        "Odile Marston": "surrogate", "": "surrogate", "<PERSON_12>": "tag", "█████": "mask", "⟨removed⟩": "remove",
        "⟨stays readable⟩": "keep", "████": "surrogate", "Mr <PERSON_12>": "surrogate",
    }  # fmt: skip
    with closing(sqlite3.connect(home / "garrison.sqlite3", isolation_level=None)) as db:
        db.execute("delete from spans")
        for text in told:
            row = [f"span {text}", "document-1", 0, 9, "PERSON", 0.9, "spacy", "detected", "", text]
            db.execute(f"insert into spans values ({', '.join('?' * len(row))})", row)  # noqa: S608 ours
    workspace = Workspace(home)
    assert {span.surrogate: span.treatment for span in find(workspace.db, Span)} == told
    workspace.close()


def test_database_from_before_is_kept_beside(tmp_path: Path) -> None:
    home = tmp_path / "older"
    write_older(home)
    Workspace(home).db.close()
    with closing(sqlite3.connect(home / f"garrison.sqlite3.schema-{BEFORE_REVIEW}")) as kept:
        assert kept.execute("pragma user_version").fetchone()[0] == BEFORE_REVIEW
        assert kept.execute("select count(*) from reviews").fetchone()[0] == 2


def test_job_from_before_hints_had_a_command_keeps_its_hint_as_words(tmp_path: Path) -> None:
    home, hint = tmp_path / "older", "Resume it: finished work is kept. See what is broken: python3 installer doctor"
    write_older(home)
    with closing(sqlite3.connect(home / "garrison.sqlite3", isolation_level=None)) as db:
        db.execute("update jobs set state = 'failed', error = 'It ended.', hint = ?", [hint])
    workspace = Workspace(home)
    job = get(workspace.db, Job, "job-1")
    assert (job.error, job.hint, job.hint_command) == ("It ended.", hint, "")
    workspace.close()


def test_imported_pairs_from_before_parts_were_stored_get_theirs(tmp_path: Path) -> None:
    """What told question from answer used to be the words before them, which may stand in either."""
    home = tmp_path / "older"
    write_older(home)
    question, answer = "What stands before\nAnswer: in Größe 😀?", "Question: nothing.\nAnswer: this."
    piece = f"Question: {question}\nAnswer: {answer}"
    edited = "Question: changed\nAnswer: by somebody"
    text = f"{TEXT}\n\n{piece}\n\n{edited}"
    first, second = len(TEXT) + 2, len(TEXT) + len(piece) + 4
    then = "2026-01-01T00:00:00.000+00:00"
    rows = [
        ("passages", ["passage-2", "document-1", 1, first, first + len(piece), "", "page 1", 9]),
        ("passages", ["passage-3", "document-1", 2, second, len(text), "", "page 1", 9]),
        *(
            (
                "pairs",
                [f"pair-{number}", "project-1", asked, told, "imported", "kept", "", "document-1", "a.jsonl", "",
                 f"passage-{number}", "page 1", told, 0, 0, then],
            )
            for number, asked, told in ((2, question, answer), (3, "other", "texts"))
        ),
    ]  # fmt: skip
    with closing(sqlite3.connect(home / "garrison.sqlite3", isolation_level=None)) as db:
        for table, values in rows:
            db.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)  # noqa: S608 ours
    (home / "projects/project-1/documents/document-1/text.txt").write_text(text, encoding="utf-8")
    workspace = Workspace(home)
    plain, imported, unclear = workspace.passages(get(workspace.db, Document, "document-1"))
    told = [(part.role, text[part.start : part.end]) for part in imported.parts]
    assert told == [("question", question), ("answer", answer)]
    assert plain.parts == unclear.parts == ()
    workspace.close()
