"""Export & deploy: what is asked for goes to a job, and a release is shown with what is in it and where it came from."""

from pathlib import Path

import pytest

from core.jobs.context import JobContext
from core.records import Job, Release, Run, new_id, now
from core.services.training import export
from core.storage import Workspace, find, insert, update
from tests.learned import PASSAGES
from tests.services.releases.conftest import run  # noqa: F401 - a fixture


@pytest.fixture
def released(workspace: Workspace, run: Run) -> Release:  # noqa: F811
    job = Job(id=new_id("job"), kind="export", project_id=run.project_id, created_at=now())
    insert(workspace.db, job)
    target = workspace.home / "exports" / "out"
    export.run(
        JobContext(workspace, job), export.Params(run_id=run.id, format="adapter", quantization="f16", target=str(target))
    )
    return find(workspace.db, Release)[0]


def test_without_a_run_the_page_leads_to_training(open_page, workspace):
    app = open_page("export", project_id=workspace.create_project("Empty").id)
    assert app.button(key="empty-train").label == "Train a model"


def test_export_of_a_run_on_quantized_weights_says_that_it_may_differ(open_page, workspace, learned):
    app = open_page("export", project_id=learned.project.id)
    assert not any("may answer differently" in caption.value for caption in app.caption)
    update(workspace.db, Run, learned.run.id, settings=learned.run.settings | {"precision": "4bit"})
    assert any("loaded in 4 bits" in caption.value for caption in app.run().caption)


def test_what_cannot_be_exported_is_said_in_place(open_page, workspace, learned, tmp_path):
    app = open_page("export", project_id=learned.project.id)
    (tmp_path / "something").touch()
    app.radio(key="export-format").set_value("adapter").run()
    app.text_input(key=f"export-target-{learned.run.id}-adapter").set_value(str(tmp_path)).run()
    app.button(key="start-export").click().run()
    assert "is not empty" in app.error[0].value
    app.text_input(key=f"export-target-{learned.run.id}-adapter").set_value(str(tmp_path / "new")).run()
    app.text_input(key="export-key").set_value(str(tmp_path / "no.pem")).run()
    app.button(key="start-export").click().run()
    assert "no private key" in app.error[0].value
    assert find(workspace.db, Job, kind="export") == []


def test_a_release_is_checked_and_a_changed_file_is_named(open_page, released):
    app = open_page("export", project_id=released.project_id)
    app.button(key="verify-release").click().run()
    assert "files are what they were" in app.success[0].value
    assert any("not signed" in each.value for each in app.markdown)
    (Path(released.path) / "README.md").write_text("other", encoding="utf-8")
    app.button(key="verify-release").click().run()
    assert any(each.value == "README.md is not what it was" for each in app.text)


def test_the_picture_shows_every_step_and_no_text_of_a_document(open_page, released):
    app = open_page("export", project_id=released.project_id)
    app.button(key="trace-release").click().run()
    assert "back to the documents" in app.success[0].value
    shown = "".join(each.value for each in (*app.markdown, *app.text, *app.caption, *app.code))
    assert not [text for text in PASSAGES if text in shown]


def test_a_folder_that_was_moved_is_said(open_page, released):
    Path(released.path).rename(Path(released.path).with_name("elsewhere"))
    app = open_page("export", project_id=released.project_id)
    assert any("not there any more" in each.value for each in app.caption)
