"""`garrison monitor`, `use` and `retrain`; nothing is trained here."""

import json

import pytest

from core.cli.app import main
from core.cli.shell import Shell
from core.jobs import submit, worker
from core.records import Job
from core.services.monitoring import questions
from core.services.monitoring.in_use import model_in_use
from core.storage import get
from tests.services.monitoring.conftest import RIGHT, asked, embed, evaluated, scripted, second  # noqa: F401 - fixtures


@pytest.fixture
def told(workspace, learned, second, monkeypatch, capsys, scripted):  # noqa: F811
    """Run a command whose jobs are done at once; gives code, stdout, stderr."""

    def run(shell, params, *, project_id, detach=False):
        return follow(shell, submit(shell.workspace, params, project_id=project_id))

    def follow(shell, job) -> Job:
        return worker.run_job(shell.workspace, get(shell.workspace.db, Job, job.id).id)

    monkeypatch.setattr(Shell, "run", run)
    monkeypatch.setattr(Shell, "follow", follow)
    monkeypatch.setattr(questions, "embedding", lambda _workspace: embed)

    def command(word: str, *more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), word, learned.project.name, *more])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return command


def test_a_run_is_used_with_a_reason_and_taken_back(told, workspace, learned):
    assert "No model is in use yet" in told("use")[1]
    assert told("use", "run-1", "--as", "Ada")[1] == "Run 1 is in use now. Before, none was.\n"
    code, _, err = told("use", "run-2", "--as", "Ada")
    assert code == 2 and "--reason TEXT" in err
    code, out, _ = told("use", "run-2", "--as", "Ada", "--reason", "It speaks as we do.")
    assert code == 0 and out.startswith("Run 2 is in use now. Before, it was run 1. To go back: garrison use ")
    assert told("use", "--back", "--as", "Ada")[1] == "Run 1 is in use now. Before, it was run 2.\n"
    assert told("use", "run-2", "--back", "--as", "Ada")[0] == 2
    assert [line.split()[0] for line in told("use")[1].splitlines()] == ["run", "run-1", "run-2", "run-1"]
    assert model_in_use(workspace, learned.project).way == "rolled back"


def test_what_is_counted_is_shown_with_reasons_and_no_word_of_it(told, asked):  # noqa: F811
    assert "Nobody asked anything in the last 30 days." in told("monitor")[1]
    told("use", "run-1", "--as", "Ada")
    for _ in range(10):
        asked(thumb="down")
    out = told("monitor")[1]
    assert "0 of 10 questions are unlike those it was trained on." in out  # compared on the way
    assert "Time to retrain:\n  10 of 10 answers with a thumb got a thumb down" in out
    found = json.loads(told("monitor", "--json")[1])
    assert found["is_time"] and found["reasons"][0]["cause"] == "thumbs down" and found["figures"]["down"] == 10
    assert "rope" not in json.dumps(found)
    code, out, _ = told("monitor", "--set", "most_down=1", "--as", "Ada")
    assert code == 0 and "Nothing says that it is time to retrain." in out
    assert told("monitor", "--set", "most_down=2", "--as", "Ada")[0] == 2


def test_retraining_is_followed_to_its_end(told, learned, evaluated, workspace):  # noqa: F811
    told("use", "run-1", "--as", "Ada")
    evaluated(learned.run, RIGHT)
    code, out, err = told("retrain")
    assert (code, err) == (0, "") and out.startswith(
        "Run 3 is in use now. Run 3 does not answer worse than run 1 on the same 12"
    )
    assert told("retrain", "--json")[0] != 0  # the questions are still those that it was trained on
