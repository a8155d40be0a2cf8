"""`garrison search` and `goals`: what is started, what is shown of it, and a goal kept, trained with and removed."""

import json
from collections.abc import Callable

import pytest

from core.cli.app import main
from core.records import Job, OwnGoal, now
from core.services.training.search.progress import SearchProgress
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.storage import Workspace, find, insert
from core.training.search import TrialRecord
from tests.learned import LearnedProject

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(workspace: Workspace, learned: LearnedProject, capsys: pytest.CaptureFixture[str], waiting_jobs: None) -> Told:
    """Run `garrison WORD PROJECT …`; gives code, stdout, stderr."""

    def run(word: str, *more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), word, learned.project.name, *more])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


@pytest.fixture
def searched(workspace: Workspace, learned: LearnedProject) -> None:
    """A search whose second trial failed and whose third was behind."""
    insert(workspace.db, Job(id="job-1", kind="search", project_id=learned.project.id, state="done", created_at=now()))
    chosen = {"learning_rate": 5e-4, "lora_rank": 64, "layers": "mlp"}
    trials = (
        TrialRecord(number=1, state="done", chosen=chosen, loss=0.5, seconds=60),
        TrialRecord(number=2, state="failed", chosen=chosen, error="The training came apart."),
        TrialRecord(number=3, state="ended early", chosen=chosen, losses={"1": 2.0}),
    )
    progress = SearchProgress(model=EMBEDDED_MODEL, base=TrainingSettings(), full_epochs=15, by="wordings", trials=trials)
    progress.write(workspace.search_folder(learned.project.id, "job-1"))


def test_a_search_is_started_with_its_time_its_trials_and_its_seed(told: Told, workspace: Workspace) -> None:
    words = ("--minutes", "5", "--trials", "4", "--seed", "2", "--goal", "quick", "--set", "batch_size=4", "--detach")
    assert told("search", *words)[0] == 0
    (job,) = find(workspace.db, Job)
    assert (job.kind, job.params["minutes"], job.params["trials"], job.params["seed"]) == ("search", 5, 4, 2)
    assert (job.params["settings"]["goal"], job.params["settings"]["batch_size"]) == ("quick", 4)
    assert "No search yet" in told("search", "--show")[1]


@pytest.mark.parametrize(
    ("words", "fault"),
    [(("--trials", "1"), "trials"), (("--goal", "slow"), "slow"), (("--model", "nothing"), "nothing"),
     (("--set", "color=red"), "color"), (("--keep", "Ours"), "no search")],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_line(told: Told, workspace: Workspace, words: tuple[str, ...], fault: str) -> None:
    code, out, err = told("search", *words)
    assert code in (2, 3) and out == "" and err.count("\n") == 1 and fault in err
    assert find(workspace.db, Job) == []


def test_what_was_found_is_shown_kept_trained_with_and_removed(told: Told, workspace: Workspace, searched: None) -> None:
    out = told("search", "--show")[1]
    assert "Trial 1 is the best." in out and "Trial 2: The training came apart." in out and "ended early" in out
    payload = json.loads(told("search", "--show", "--json")[1])
    assert (payload["best"], payload["measured_by"], payload["trials"][2]["losses"]) == (1, "wordings", {"1": 2.0})
    assert "--goal 'Our manuals'" in told("search", "--keep", "Our manuals")[1]
    assert "Our manuals" in told("goals")[1]
    plan = json.loads(told("train", "--goal", "our manuals", "--plan", "--json")[1])
    assert (plan["settings"]["learning_rate"], plan["settings"]["layers"], plan["settings"]["epochs"]) == (5e-4, "mlp", 15)
    assert told("goals", "--remove", "Our manuals")[0] == 0
    assert find(workspace.db, OwnGoal) == [] and told("train", "--goal", "Our manuals", "--plan")[0] == 2
