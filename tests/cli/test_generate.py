"""`garrison questions generate`: what is written again, and what of people's decisions stays."""

import pytest

from core.cli.app import main
from core.records import Job
from core.services.questions.generation import Result
from core.storage import Workspace, find
from tests.learned import LearnedProject, learned  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("waiting_jobs")


@pytest.mark.parametrize(
    ("options", "given"),
    [([], (False, False)), (["--anew"], (True, False)), (["--forget-decisions"], (False, True))],
)
def test_decisions_are_forgotten_and_passages_written_anew_only_when_asked(
    workspace: Workspace,
    learned: LearnedProject,  # noqa: F811
    options: list[str],
    given: tuple[bool, bool],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), "questions", "generate", learned.project.name, "--detach", *options])
    assert ended.value.code in (0, None)
    (job,) = find(workspace.db, Job)
    assert (job.params.get("anew", False), job.params.get("forget_decisions", False)) == given


def test_what_was_skipped_is_told(
    workspace: Workspace,
    learned: LearnedProject,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = Result(kept=9, dropped={}, passages=4, skipped=3).as_json()

    def done(_shell: object, _params: object, **_: object) -> Job:
        return Job(id="job-1", kind="generate", state="done", result=result, created_at="2026-11-29T00:00:00.000+00:00")

    monkeypatch.setattr("core.cli.shell.Shell.run", done)
    with pytest.raises(SystemExit):
        main(["--home", str(workspace.home), "questions", "generate", learned.project.name])
    assert "3 of 4 passages did not change since they were written: left as they are (--anew" in capsys.readouterr().out


def test_what_is_said_of_the_writing_reaches_the_job(
    workspace: Workspace,
    learned: LearnedProject,  # noqa: F811
) -> None:
    said = ["--writer", "guided", "--per-passage", "3", "--wordings", "2", "--answers", "short", "--detach"]
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), "questions", "generate", learned.project.name, *said])
    assert ended.value.code in (0, None)
    (job,) = find(workspace.db, Job)
    settings = job.params["settings"]
    assert [settings[name] for name in ("writer", "per_passage", "wordings", "answers")] == ["guided", 3, 2, "short"]


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["questions", "generate", "--help"])
    told = capsys.readouterr().out
    for option in (
        "--model",
        "--writer",
        "--per-passage",
        "--wordings",
        "--answers",
        "--anew",
        "--forget-decisions",
        "--detach",
    ):
        assert option in told
    assert "Write question pairs from the approved documents" in told
