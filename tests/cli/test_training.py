"""`garrison train --plan`: whether a training fits, in words and as JSON, without starting one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.cli.app import main
from core.cli.shell import Shell
from core.files import write_atomic
from core.jobs.typed import JobParams
from core.questions.filters import BY_HAND
from core.records import DatasetVersion, Job, QuestionPair, Run, now
from core.settings import EMBEDDED_MODEL
from core.storage import Workspace, count, insert, update
from tests.learned import LearnedProject

Plan = Callable[..., tuple[int, str, str]]
GB = 10**9


@pytest.fixture
def plan(
    workspace: Workspace, learned: LearnedProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Plan:
    """Run `garrison train PROJECT --plan …` where so much memory is free; gives exit code, stdout, stderr."""
    real = psutil.virtual_memory()

    def run(*words: str, free: int = 64 * GB) -> tuple[int, str, str]:
        monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=free))
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "train", learned.project.name, "--plan", *words])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_a_training_that_fits_is_told_with_its_figures_and_exit_code_0(plan: Plan) -> None:
    code, out, err = plan("--goal", "quick")
    assert (code, err) == (0, "")
    assert out.startswith("Training on 3 question pairs fits this machine.\n")
    assert "64.0 GB" in out and "about 22 seconds" in out
    assert "Next" not in out


def test_one_that_does_not_fit_is_exit_code_1_with_what_helps(plan: Plan) -> None:
    code, out, err = plan(free=10**8)
    assert (code, err) == (1, "")
    assert "probably does not fit this machine: too little memory." in out
    assert "Next: try --set batch_size=2" in out
    code, out, _ = plan("--precision", "4bit", "--set", "batch_size=1", free=10**8)
    assert code == 1 and "Next: choose a smaller model" in out


def test_too_little_disk_is_exit_code_1_too(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    real = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1000))
    code, out, _ = plan()
    assert code == 1 and "too little disk space." in out and "Next: free some space" in out


def test_json_holds_the_same_figures(plan: Plan) -> None:
    for free, code in ((64 * GB, 0), (10**8, 1)):
        ended, out, _ = plan("--json", "--set", "epochs=2", free=free)
        told = json.loads(out)
        assert (ended, told["free_memory_bytes"]) == (code, free)
        assert told["is_enough"] is told["is_memory_enough"] is (code == 0)
        assert (told["model"], told["pairs"], told["settings"]["epochs"]) == (EMBEDDED_MODEL, 3, 2)
        assert told["memory_bytes"] > 10**8 and told["disk_bytes"] > 0 and told["duration_s"] > 20
        assert told["is_disk_enough"] is True


def test_going_on_from_a_run_keeps_its_adapter_and_says_what_is_wrong_with_it(
    plan: Plan, workspace: Workspace, learned: LearnedProject
) -> None:
    write_atomic(workspace.dataset_folder(learned.project.id, "dataset-1") / "train.jsonl", "")
    code, _, err = plan("--on-from", learned.run.id)
    assert code == 3 and "adapter of run 1 is gone" in err
    adapter = workspace.run_folder(learned.project.id, learned.run.id) / "adapter"
    write_atomic(adapter / "adapter_model.safetensors", "weights")
    update(workspace.db, Run, learned.run.id, settings={**learned.run.settings, "lora_rank": 8})
    code, out, _ = plan("--json", "--on-from", learned.run.id)
    settings = json.loads(out)["settings"]
    assert (code, settings["start_run"], settings["lora_rank"]) == (0, learned.run.id, 8)
    code, _, err = plan("--on-from", learned.run.id, "--set", "lora_rank=32")
    assert code == 2 and "--set lora_rank=8" in err


def test_training_all_weights_of_a_small_model_is_warned_about(plan: Plan) -> None:
    code, out, err = plan("--set", "method=full")
    assert code == 0 and "has been found to harm" in err
    assert "of it a checkpoint" in out and "0.0001" in out
    code, out, _ = plan("--json", "--set", "method=full", free=2 * GB)
    assert code == 1 and "harm" in json.loads(out)["warning"]
    code, out, _ = plan("--set", "method=full", free=2 * GB)
    assert "--set method=lora" in out
    code, _, err = plan("--set", "method=full", "--precision", "4bit")
    assert code == 2 and "fp32 or bf16" in err


def test_learning_what_reviewers_preferred_needs_something_they_preferred(
    plan: Plan, workspace: Workspace, learned: LearnedProject
) -> None:
    code, _, err = plan("--set", "objective=dpo")
    assert code == 2 and "preferred to another" in err
    insert(workspace.db, replace(learned.pairs[0], id="worse", output="Much.", decided="dropped", reason=BY_HAND.name))
    update(workspace.db, QuestionPair, "worse", state="dropped")
    code, out, _ = plan("--set", "objective=dpo")
    assert code == 0 and "1 question with two answers" in out


def test_nothing_is_started_or_frozen(plan: Plan, workspace: Workspace) -> None:
    before = [count(workspace.db, kind) for kind in (Job, Run, DatasetVersion)]
    plan()
    assert [count(workspace.db, kind) for kind in (Job, Run, DatasetVersion)] == before == [0, 1, 1]


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--detach",), "--detach"), (("--set", "epochs=-1"), "epochs"), (("--model", "en-core-web-md"), "no"),
     (("--goal", "slow"), "goal")],
)  # fmt: skip
def test_what_cannot_be_planned_is_the_users_error(plan: Plan, words: tuple[str, ...], told: str) -> None:
    code, out, err = plan(*words)
    assert code == 2 and out == "" and err.count("\n") == 1 and told in err


def test_a_machine_that_others_keep_busy_is_told(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = "Other programs keep this machine busy. It takes twice as long now, or longer."
    monkeypatch.setattr("core.services.training.fit.is_busy", lambda: True)
    assert busy in plan()[1]
    monkeypatch.setattr("core.services.training.fit.is_busy", lambda: False)
    assert busy not in plan()[1]


@pytest.mark.parametrize(
    ("answer", "changes", "code", "told"),
    [
        (
            "fits",
            {},
            0,
            "It fits: three steps with the longest pairs took 2.0 GB of 9.0 GB free memory and 1.5 seconds each.",
        ),
        ("fits with changes", {"batch_size": 2}, 1, "Next: try --set batch_size=2"),
        ("does not fit", {}, 1, "Choose a smaller model"),
    ],
)
def test_a_probe_is_told_in_words_and_by_its_exit_code(
    workspace: Workspace, learned: LearnedProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    answer: str, changes: dict[str, int], code: int, told: str,
) -> None:  # fmt: skip
    result = {"answer": answer, "memory_bytes": 2e9, "free_memory_bytes": 9e9, "changes": changes, "seconds_per_step": 1.5}
    started: list[JobParams] = []

    def run(self: Shell, params: JobParams, **_: object) -> Job:
        started.append(params)
        return Job(id="job-1", kind=params.kind, state="done", result=result, created_at=now())

    monkeypatch.setattr(Shell, "run", run)
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), "train", learned.project.name, "--probe", "--set", "batch_size=8"])
    assert ended.value.code == code and told in capsys.readouterr().out
    assert [params.kind for params in started] == ["probe training"]


def test_pairs_left_out_for_their_length_are_told(
    workspace: Workspace, learned: LearnedProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("rows_per_s", "tokens_per_s", "peak_memory_bytes", "recent_loss", "validation_loss", "seconds")
    metrics = {**dict.fromkeys(names, 1.0), "rows_too_long": 2}
    update(workspace.db, Run, learned.run.id, metrics=metrics)
    result = {"run_id": learned.run.id, "metrics": metrics}
    done = Job(id="job-1", kind="train", state="done", result=result, created_at=now())
    monkeypatch.setattr(Shell, "run", lambda *_, **__: done)
    with pytest.raises(SystemExit):
        main(["--home", str(workspace.home), "train", learned.project.name])
    assert "2 question pairs too long to learn from: left out." in capsys.readouterr().out


def test_a_probe_trains_nothing_else(plan: Plan) -> None:
    code, _, err = plan("--probe", "--detach")
    assert code == 2 and "--detach" in err


def test_pairs_that_nobody_approved_cannot_be_planned_with(plan: Plan, workspace: Workspace) -> None:
    workspace.withdraw_approval("document-1", reason="a name was missed")
    code, _, err = plan()
    assert code == 2 and "approval stands" in err


def test_the_exit_code_is_told_where_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "exit code 1 if it does not fit" in " ".join(capsys.readouterr().out.split())
    readme = Path(__file__).resolve().parents[2] / "README.md"
    assert "--plan" in readme.read_text(encoding="utf-8")
