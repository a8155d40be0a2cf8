"""The documents page: bringing files in, reading why one failed, taking one out."""

import io
import time
import zipfile

import pytest

from core import jobs
from core.models import registry
from core.records import Document, Job, Project, now
from core.storage import audit, find, get, insert, update
from dashboard.components.document_files import export_zip


@pytest.fixture
def locked(workspace):
    """A project with one file that could not be read."""
    project = workspace.create_project("Manuals")
    document = Document(
        id="document-locked", project_id=project.id, name="locked.pdf", kind="pdf", size_bytes=120_000, sha256="x",
        text_sha256="", state="unreadable", problem="The PDF is protected by a password.", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    return project


def finish_jobs(workspace):
    """Wait until nothing is queued or running (the worker is a process of its own)."""
    deadline = time.monotonic() + 120
    while any(job.state in ("queued", "running") for job in jobs.list_jobs(workspace)):
        assert time.monotonic() < deadline, "the job did not end"
        time.sleep(0.2)


def test_dropped_files_are_read_by_a_job_and_appear_in_the_list(open_page, workspace):
    project = workspace.create_project("Manuals")
    app = open_page("documents", project_id=project.id)
    app.file_uploader[0].upload("Secret winch.md", b"# Winch\n\nThe winch holds 12 tonnes.\n", "text/markdown")
    app.file_uploader[0].upload("empty.txt", b"", "text/plain")
    app.run()
    (job,) = jobs.list_jobs(workspace)
    assert [file["name"] for file in job.params["files"]] == ["Secret winch.md", "empty.txt"]
    assert not any("ecret" in file["path"] for file in job.params["files"])
    finish_jobs(workspace)
    app.run()
    (job,) = jobs.list_jobs(workspace)
    assert job.state == "done", job.error
    assert {(document.name, document.state) for document in find(workspace.db, Document, project_id=project.id)} == {
        ("Secret winch.md", "read"),
        ("empty.txt", "unreadable"),
    }
    assert sorted(app.dataframe[0].value["Name"]) == ["Secret winch.md", "empty.txt"]
    assert app.warning[0].value == "1 file could not be read. The list says why. 1 other file was added."
    assert app.file_uploader[0].value == []
    assert not list((workspace.home / "incoming").rglob("[0-9]"))
    app.button(key="find-personal-data")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"read": 0, "skipped": 0, "unreadable": 3}, "3 files could not be read. The list says why."),
        ({"read": 2, "unreadable": 1}, "1 file could not be read. The list says why. 2 other files were added."),
    ],
)
def test_what_could_not_be_read_is_counted_and_nothing_is_said_to_be_added_that_was_not(
    open_page, workspace, locked, result, words
):
    insert(
        workspace.db,
        Job(id="job-1", kind="read", project_id=locked.id, state="done", result=result, created_at=now(), finished_at=now()),
    )
    assert open_page("documents", project_id=locked.id).warning[0].value == words


@pytest.mark.parametrize(
    ("result", "is_told"),
    [({"documents": [], "skipped": 1, "unreadable": 0}, True), ({"documents": 2, "skipped": 1}, False), ({}, False)],
)
def test_result_of_another_version_breaks_no_page(open_page, workspace, locked, result, is_told):
    params = {"sources": ["a"]}
    insert(
        workspace.db,
        Job(
            id="job-1", kind="read", project_id=locked.id, state="done", params=params, result=result, created_at=now(),
            finished_at=now(),
        ),
    )  # fmt: skip
    told = [info.value for info in open_page("documents", project_id=locked.id).info]
    assert any("1 file left out" in text for text in told) is is_told
    assert any("Read documents" in text.value for text in open_page("jobs", project_id=locked.id).markdown)


def test_problem_stands_beside_the_name_and_only_where_there_is_one(open_page, workspace, locked, learned):
    shown = open_page("documents", project_id=locked.id).dataframe[0].value
    assert list(shown.columns)[:2] == ["Name", "Problem"]
    assert "Problem" not in open_page("documents", project_id=learned.project.id).dataframe[0].value


def test_file_that_could_not_be_read_stays_with_its_reason(open_page, workspace, locked):
    app = open_page("documents", project_id=locked.id)
    assert app.dataframe[0].value["Problem"].tolist() == ["The PDF is protected by a password."]
    assert app.warning[0].value == "The PDF is protected by a password."
    assert not [button for button in app.main.button if button.key in ("find-personal-data", "go-to-review")]


def test_document_is_taken_out_with_everything_from_it(open_page, workspace, learned):
    (document,) = find(workspace.db, Document, project_id=learned.project.id)
    review = workspace.active_review(document.id)
    assert review is not None
    app = open_page("documents", project_id=learned.project.id)
    app.button(key=f"remove-{document.id}").click().run()
    assert not app.exception and not app.error
    assert find(workspace.db, Document, project_id=learned.project.id) == []
    assert not workspace.document_folder(document).exists()
    assert not workspace.anonymized_path(learned.project.id, review.id).exists()


def test_preview_shows_the_text_of_the_chosen_document(open_page, workspace, learned):
    app = open_page("documents", project_id=learned.project.id)
    assert any(text.value == "**Winch.md**" for text in app.markdown)
    assert any(text.value == "page 1" for text in app.caption)


def test_approved_documents_are_taken_along_as_a_zip(open_page, workspace, learned):
    document = find(workspace.db, Document, project_id=learned.project.id)[0]
    app = open_page("documents", project_id=learned.project.id)
    assert [expander.label for expander in app.expander] == ["Take the anonymized documents with you"]
    assert app.radio(key="document-export-format").value == "same"
    data = export_zip(workspace, [document], format="txt")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["README.txt", "SHA256SUMS", f"{document.id}.txt"]
        assert archive.read(f"{document.id}.txt").decode() == workspace.text(document)
    assert not list(workspace.home.glob(".export-*"))


def test_nothing_is_offered_before_an_approval(open_page, workspace, learned):
    workspace.withdraw_approval("document-1", reason="test")
    assert not open_page("documents", project_id=learned.project.id).expander


@pytest.mark.usefixtures("waiting_jobs")
def test_search_takes_the_chosen_level_and_says_what_each_costs(open_page, workspace, learned):
    update(workspace.db, Document, "document-1", analyzed_sha256="", word_count=300_000)
    app = open_page("documents", project_id=learned.project.id)
    level = app.radio(key="search-level")
    # 1.8 million characters at 6,400 and at 14,300 a second, and 15 seconds to begin
    assert [words.rsplit(" · ", 1)[1] for words in level.proto.captions] == ["about 5 minutes.", "about 2 minutes."]
    assert level.value == "thorough"
    level.set_value("standard").run()
    app.button(key="find-personal-data").click().run()
    (job,) = jobs.list_jobs(workspace)
    assert (job.kind, job.params) == ("anonymize", {"level": "standard"})


def test_thorough_is_off_where_its_second_finder_is_missing(open_page, workspace, learned, monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "embedded_folder", lambda: tmp_path / "none")
    update(workspace.db, Document, "document-1", analyzed_sha256="")
    app = open_page("documents", project_id=learned.project.id)
    assert app.radio(key="search-level").value == "standard"
    assert not app.button(key="find-personal-data").disabled
    app.radio(key="search-level").set_value("thorough").run()
    assert app.button(key="find-personal-data").disabled
    assert any("second name finder is not on this machine" in text.value for text in app.caption)


def test_lowering_the_highest_marking_says_first_what_is_lost_and_then_does_it(open_page, workspace, learned):
    update(workspace.db, Project, learned.project.id, highest_marking="secret")
    update(workspace.db, Document, "document-1", marking="OFFICIAL-SENSITIVE", marking_level=1)
    app = open_page("documents", project_id=learned.project.id)
    assert any("**Marked OFFICIAL\\-SENSITIVE**" in text.value for text in app.markdown)
    app.selectbox(key=f"highest-marking-{learned.project.id}").set_value("unclassified").run()
    told = [text.value for text in app.markdown]
    assert any("**1 document here is marked higher.**" in text and "Winch\\.md" in text for text in told)
    assert "**1 approval or proposal will be withdrawn.**" in told
    assert app.button(key="highest-marking-change").disabled  # nobody has said who decides it
    assert workspace.active_review("document-1") is not None
    app.text_input(key="reviewer").set_value("Olga Owner").run()
    app.button(key="highest-marking-change").click().run()
    assert app.success[0].value.endswith("UNCLASSIFIED or OFFICIAL now. 1 document here is marked higher.")
    assert get(workspace.db, Project, learned.project.id).highest_marking == "unclassified"
    assert workspace.active_review("document-1") is None
    assert app.dataframe[0].value["State"].tolist() == ["✗ marked too high"]
    (entry,) = [entry for entry, _ in audit.entries(workspace.db) if entry.action == "highest marking set"]
    assert (entry.actor, entry.counts) == ("Olga Owner", {"level": 0, "before": 3, "above": 1})


def test_raising_the_highest_marking_says_which_documents_it_frees(open_page, workspace, learned):
    update(workspace.db, Document, "document-1", marking="SECRET", marking_level=3)
    app = open_page("documents", project_id=learned.project.id)
    app.selectbox(key=f"highest-marking-{learned.project.id}").set_value("top-secret").run()
    told = [text.value for text in app.markdown]
    assert "1 document marked too high until now can be approved then." in told
    assert "Files that were refused before are not kept here: add them again." in told


def test_file_above_the_highest_marking_is_refused_with_the_reason_on_the_page(open_page, workspace):
    project = workspace.create_project("Manuals", highest_marking="restricted")
    app = open_page("documents", project_id=project.id)
    for name, marking in (("Plan.txt", "SECRET"), ("Sheet.txt", "OFFICIAL-SENSITIVE")):
        app.file_uploader[0].upload(name, f"{marking}\n\nThe pump is dry.\n\n{marking}\n".encode(), "text/plain")
    app.run()
    finish_jobs(workspace)
    app.run()
    shown = app.dataframe[0].value.set_index("Name")
    assert shown["State"].to_dict() == {"Plan.txt": "✗ refused", "Sheet.txt": "○ read, not searched"}
    assert shown["Problem"]["Plan.txt"].startswith("Refused: marked SECRET; this project permits up to OFFICIAL-SENSITIVE")
    assert any(text.value.startswith("1 file was refused, because it is marked higher") for text in app.warning)
