"""`garrison experiment …`: planned, started, shown, canceled, resumed; nothing is trained here."""

import json
from collections.abc import Callable

import pytest

from core.cli.app import main
from core.cli.shell import Shell
from core.jobs import submit, worker
from core.records import Experiment, Job
from core.storage import Workspace, count, find
from tests.learned import LearnedProject

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(
    workspace: Workspace, learned: LearnedProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    waiting_jobs: None,
) -> Told:  # fmt: skip
    """Run `garrison experiment WORD PROJECT …` where the job that prepares is done at once; gives code, stdout, stderr."""

    def at_once(shell: Shell, params, *, project_id: str, detach: bool = False) -> Job:
        return worker.run_job(shell.workspace, submit(shell.workspace, params, project_id=project_id).id)

    monkeypatch.setattr(Shell, "run", at_once)

    def run(word: str, *more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "experiment", word, learned.project.name, *more])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


RANKS = ("--set", "lora_rank=8,16", "--set", "seed=1", "--goal", "quick")


def test_a_plan_starts_nothing_and_tells_the_time_of_all(told: Told, workspace: Workspace) -> None:
    code, out, err = told("start", *RANKS, "--plan")
    assert (code, err) == (0, "")
    assert "lora_rank" in out and "2 trainings, each with a comparison: about" in out
    assert count(workspace.db, Job) == 0


def test_a_started_experiment_is_listed_shown_canceled_and_resumed(told: Told, workspace: Workspace) -> None:
    assert "No experiments yet" in told("list")[1]
    code, out, _ = told("start", *RANKS)
    assert code == 0 and "Next: garrison experiment show Field manuals 1" in out
    (experiment,) = find(workspace.db, Experiment)
    assert [each.settings["seed"] for each in experiment.variants] == [1, 1]
    assert told("list")[1].splitlines()[1].split()[:3] == ["1", "2", "quick"]
    shown = told("show")[1]
    assert shown.count("waiting") == 2 and "Not all of them have ended yet." in shown
    payload = json.loads(told("show", "1", "--json")[1])
    assert payload["recommended"] is None
    assert [(each["varied"], each["state"]) for each in payload["results"]] == [
        ({"lora_rank": 8}, "waiting"), ({"lora_rank": 16}, "waiting"),
    ]  # fmt: skip
    assert told("cancel")[1] == "4 jobs cancelled.\n"
    assert told("cancel")[0] == 2
    assert told("resume")[1] == "4 jobs queued again.\n"


@pytest.mark.parametrize(
    ("words", "fault"),
    [((), "two trainings or more"), (("--set", "lora_rank"), "KEY=VALUE"), (("--set", "lora_rank=8,"), "lora_rank"),
     (("--model", "nothing", *RANKS), "nothing"), ((*RANKS, "--dataset", "9"), "9")],
)  # fmt: skip
def test_what_cannot_be_started_is_one_line(told: Told, workspace: Workspace, words: tuple[str, ...], fault: str) -> None:
    code, out, err = told("start", *words)
    assert code in (2, 3) and out == "" and err.count("\n") == 1 and fault in err
    assert count(workspace.db, Job) == 0
