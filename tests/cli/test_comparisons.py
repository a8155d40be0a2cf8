"""`garrison compare` over a question file, and `garrison comparisons …`."""

import json

import pytest

from core import jobs
from core.cli.app import main
from core.jobs import worker
from core.records import Comparison
from core.services.chat.series import ballots, job
from core.storage import find
from tests.services.chat.compared import QUESTIONS, Reciter, allow_hosts, write_questions


@pytest.fixture
def project(workspace):
    return workspace.create_project("Winches")


@pytest.fixture
def garrison(workspace, project, waiting_jobs, monkeypatch, capsys):
    """Call a command; a job that it starts is done in this process while it is followed."""
    allow_hosts(workspace, "good", "poor")
    models = {"good": Reciter(QUESTIONS), "poor": Reciter({})}
    monkeypatch.setattr(job, "open_answerer", lambda _workspace, name: models[name])

    def submit(of, params, *, project_id):
        queued = jobs.enqueue(of, params, project_id=project_id)
        return worker.run_job(of, queued.id)

    monkeypatch.setattr("core.cli.shell.jobs.submit", submit)

    def call(*arguments: str):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "--json", *arguments])
        return ended.value.code, json.loads(capsys.readouterr().out)

    return call


def test_a_file_is_asked_reported_exported_and_deleted(garrison, workspace, tmp_path):
    questions, out = write_questions(tmp_path), tmp_path / "out.html"
    code, told = garrison(
        "compare", "good", "poor", "--project", "Winches", "--questions", str(questions), "--report", str(out)
    )
    assert code == 0 and told["scored"] == 3
    assert told["by_right_answers"][0] | {"low": 0, "high": 0} == {
        "first": "good, on models.site", "second": "poor, on models.site", "won": 3, "lost": 0, "equal": 0, "low": 0,
        "high": 0, "better": None,
    }  # fmt: skip
    assert "Four steel bolts." in out.read_text(encoding="utf-8")
    (listed,) = garrison("comparisons", "list", "Winches")[1]
    assert (listed["number"], listed["state"], listed["answers"]) == (1, "done", "6 of 6")
    assert garrison("comparisons", "report", "Winches", "1", str(out))[1]["error"].endswith("exists already.")
    table = tmp_path / "out.csv"
    assert garrison("comparisons", "export", "Winches", "1", str(table))[0] == 0
    assert "12 tonnes." in table.read_text(encoding="utf-8")
    assert "none of the formats" in garrison("comparisons", "export", "Winches", "1", str(tmp_path / "out.doc"))[1]["error"]
    ballots.cast(workspace, told["series"]["id"], 1, 0)
    assert garrison("comparisons", "forget", "Winches") == (0, {"deleted": 1})
    assert find(workspace.db, Comparison) == []
    assert garrison("comparisons", "delete", "Winches", "1")[0] == 0
    assert garrison("comparisons", "list", "Winches") == (0, [])


def test_what_is_missing_is_said(garrison, tmp_path):
    for arguments, words in (
        (["compare", "good", "poor"], "Nothing was asked"),
        (["compare", "good", "--project", "Winches"], "cannot be compared"),
        (["compare", "good", "poor", "--project", "Winches"], "No questions were held out"),
        (["compare", "good", "poor", "--project", "Winches", "--questions", str(tmp_path / "no")], "There is no file"),
        (["compare", "good", "nobody", "--project", "Winches", "--questions", str(write_questions(tmp_path))], "nobody"),
        (["comparisons", "show", "Winches", "7"], "There is no series"),
    ):  # fmt: skip
        code, told = garrison(*arguments)
        assert code and words in told["error"], told
