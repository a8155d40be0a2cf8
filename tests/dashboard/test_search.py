"""A search for the best settings, on the page Train: started, shown, and its best settings used."""

import pytest

from core.records import Job, OwnGoal, now
from core.services.training.search.progress import SearchProgress
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.storage import find, insert
from core.training.search import TrialRecord


@pytest.fixture
def searched(workspace, learned) -> None:
    insert(workspace.db, Job(id="job-1", kind="search", project_id=learned.project.id, state="done", created_at=now()))
    trials = (
        TrialRecord(
            number=1, state="ended early", chosen={"lora_rank": 8, "learning_rate": 1e-3}, losses={"1": 2.0, "2": 1.9}
        ),
        TrialRecord(number=2, state="done", chosen={"lora_rank": 64, "learning_rate": 5e-4}, loss=0.5, seconds=60),
        TrialRecord(number=3, state="failed", chosen={"lora_rank": 64, "learning_rate": 5e-3}, error="It came apart."),
    )
    told = SearchProgress(model=EMBEDDED_MODEL, base=TrainingSettings(), full_epochs=15, by="wordings", trials=trials)
    told.write(workspace.search_folder(learned.project.id, "job-1"))


def test_a_search_is_started_with_its_time_and_followed(open_page, workspace, learned, waiting_jobs):
    app = open_page("train", project_id=learned.project.id)
    app.number_input(key="search-minutes").set_value(5).run()
    app.button(key="start-search").click().run()
    assert not app.exception and not app.error
    (job,) = find(workspace.db, Job)
    assert (job.kind, job.params["minutes"], job.params["trials"]) == ("search", 5, 10)
    assert not [button for button in app.button if button.key == "start-search"]
    assert app.button(key=f"cancel-{job.id}")


def test_trials_are_a_table_and_the_best_settings_become_a_goal_that_is_chosen(open_page, workspace, learned, searched):
    app = open_page("train", project_id=learned.project.id)
    (shown,) = [table.value for table in app.dataframe if "Trial" in table.value.columns]
    assert list(shown["Trial"]) == ["1", "2 ★", "3"] and list(shown["Error"]) == ["", "0.500", ""]
    assert list(shown["State"]) == ["ended early: behind the others", "done", "failed: It came apart."]
    app.text_input(key="own-goal-name").set_value("Our manuals").run()
    app.button(key="keep-best").click().run()
    assert not app.exception and not app.error
    (own,) = find(workspace.db, OwnGoal)
    assert app.radio(key="train-goal").value == "Our manuals"
    assert app.number_input(key="setting-facts-0.0005-learning_rate").value == 5e-4
    app.button(key="keep-best").click().run()
    assert any("already" in error.value for error in app.error)
    app.button(key=f"remove-{own.id}").click().run()
    assert app.radio(key="train-goal").value == "facts" and find(workspace.db, OwnGoal) == []
