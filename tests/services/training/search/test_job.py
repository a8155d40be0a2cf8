"""A search: its trials, its time, what ends and what resumes it."""

import pytest

from core import jobs
from core.errors import InputError, JobCancelled, SetupError
from core.jobs import worker
from core.records import Job
from core.services.training.fit import settings_here
from core.services.training.runs import find_trainable
from core.services.training.search import job as searching
from core.services.training.search.job import Params, Result, params_here
from core.services.training.search.progress import newest_search
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.training.fit import Amount


@pytest.fixture
def search(workspace, learned, trainings):
    """Do a search at once; return its job."""

    def done(given: Params) -> Job:
        job = jobs.submit(workspace, given, project_id=learned.project.id)
        return worker.run_job(workspace, job.id)

    return done


def test_a_search_tries_settings_and_names_the_best(workspace, learned, trainings, search, params):
    job = search(params())
    assert job.state == "done"
    result = Result.of(job)
    assert result.trials == 6 == len(trainings.rates) and trainings.rates[0] == 1e-3
    found, told = newest_search(workspace, learned.project)
    assert found.id == job.id and told.by == "wordings" and told.best
    assert result.best == dict(told.best.chosen) and result.best["learning_rate"] in trainings.rates
    assert told.best.loss == min(trial.loss for trial in told.trials if trial.loss is not None) == result.loss
    left = [path.name for path in workspace.search_folder(learned.project.id, job.id).iterdir()]
    assert sorted(left) == ["study.sqlite3", "trials.json"]  # adapters of trials are thrown away


def test_wordings_set_apart_are_not_learned(trainings, search, params):
    search(params(trials=2))
    learned_rows, measured = trainings.given["train_rows"], trainings.given["validation_rows"]
    assert len(learned_rows) + len(measured) == 36 and len(measured) == 8
    asked = {row["input"] for row in measured}
    assert not asked & {row["input"] for row in learned_rows}
    assert {row["fact"] for row in measured} <= {row["fact"] for row in learned_rows}
    settings = trainings.given["settings"]
    assert (settings.sample_questions, settings.canaries, settings.keep) == (0, 0, "last")


def test_it_ends_when_no_other_trial_fits_the_time(trainings, search, params):
    trainings.step_s = 10.0  # 80 s a trial
    assert Result.of(search(params(minutes=4))).trials == 3
    trainings.rates.clear()
    assert Result.of(search(params(minutes=3.9, seed=1))).trials == 2


def test_the_first_trial_may_take_longer_and_a_later_one_is_ended(workspace, learned, trainings, search, params):
    trainings.step_s = 10.0
    assert Result.of(search(params(minutes=1))).trials == 1
    trainings.rates.clear()

    def slower(number: int, _step: int) -> None:
        trainings.step_s = 10.0 if number == 1 else 60.0

    trainings.at_step = slower
    job = search(params(minutes=4, seed=1))
    told = newest_search(workspace, learned.project)[1]
    assert job.state == "done" and [trial.state for trial in told.trials] == ["done", "ended early"]


def test_a_trial_that_comes_apart_ends_no_search(workspace, learned, trainings, search, params):
    trainings.failing = {2}
    job = search(params(trials=3))
    told = newest_search(workspace, learned.project)[1]
    assert job.state == "done" and [trial.state for trial in told.trials] == ["done", "failed", "done"]
    assert told.trials[1].error == "The training came apart."


def test_where_no_trial_can_be_trained_the_search_says_why(trainings, search, params):
    trainings.failing = {1, 2}
    job = search(params(trials=2))
    assert job.state == "failed" and "The training came apart." in job.error


@pytest.mark.parametrize("how", [JobCancelled("The job was ended by the system."), RuntimeError()])
def test_an_interrupted_search_goes_on_with_its_trial_and_comes_to_the_same_end(
    workspace, learned, trainings, search, params, how
):
    whole = Result.of(search(params(trials=5, seed=3)))
    expected = list(trainings.rates)
    trainings.rates.clear()

    def interrupt(number: int, step: int) -> None:
        if (number, step) == (3, 5):
            raise how

    trainings.at_step = interrupt
    job = search(params(trials=5, seed=3))
    assert job.state in ("cancelled", "failed")
    assert newest_search(workspace, learned.project)[1].trials[2].state == "running"
    trainings.at_step = lambda number, step: None
    jobs.resume(workspace, job.id)
    job = worker.run_job(workspace, job.id)
    assert job.state == "done" and Result.of(job).best == whole.best
    assert trainings.rates == [*expected[:3], *expected[2:]]  # the third was begun twice
    assert trainings.found[5:] == [False, False, False, True, False, False]


def test_a_trial_that_another_version_was_at_is_begun_anew(workspace, learned, trainings, search, params):
    def interrupt(number: int, _step: int) -> None:
        raise JobCancelled("The job was ended by the system.")

    trainings.at_step = interrupt
    job = search(params(trials=2))
    kept = workspace.search_folder(learned.project.id, job.id) / "trial-1" / "settings.json"
    kept.write_text(kept.read_text().replace('"seed"', '"sown"'))
    trainings.at_step = lambda number, step: None
    jobs.resume(workspace, job.id)
    assert worker.run_job(workspace, job.id).state == "done"
    assert trainings.found == [False, False, False]


def test_a_withdrawn_approval_ends_it(workspace, trainings, search, params):
    def withdraw(number: int, step: int) -> None:
        if (number, step) == (2, 3):
            workspace.withdraw_approval("document-1", reason="a name was missed")

    trainings.at_step = withdraw
    job = search(params())
    assert job.state == "failed" and "approvals" in job.error and len(trainings.rates) == 2


def test_trials_are_as_short_as_the_time_asks_and_repetitions_vary_only_where_they_are_whole(
    workspace, learned, trainings, monkeypatch
):
    model = find_trainable(workspace, EMBEDDED_MODEL)
    many = Amount(pairs=1000, facts=200, characters=100_000)
    monkeypatch.setattr(searching, "trainable_amount", lambda *_given: many)
    short = params_here(workspace, learned.project, model, goal="facts", minutes=10, trials=10)
    full = settings_here(workspace, learned.project, model, amount=many, goal="facts").settings
    assert 2 <= short.settings.epochs < short.full_epochs == full.epochs
    long = params_here(workspace, learned.project, model, goal="facts", minutes=10_000, trials=10, seed=4)
    assert long.settings.epochs == long.full_epochs and long.seed == 4
    assert long.settings.sample_questions == TrainingSettings().sample_questions


def test_short_trials_find_settings_for_a_whole_training(workspace, learned, search, params):
    search(params(settings=TrainingSettings(epochs=3).in_full(), full_epochs=15.0, trials=3))
    told = newest_search(workspace, learned.project)[1]
    assert told.best and "epochs" not in told.best.chosen
    found = told.best_settings()
    assert found and (found.epochs, found.lora_alpha) == (15, 2 * found.lora_rank)
    search(params(trials=3, seed=1))
    found = newest_search(workspace, learned.project)[1].best_settings()
    assert found and 5 <= found.epochs <= 10


def test_what_cannot_be_searched_is_refused_before_it_starts(workspace, learned, trainings):
    with pytest.raises(SetupError):
        jobs.submit(
            workspace, Params(model="nothing", settings=TrainingSettings(), full_epochs=1), project_id=learned.project.id
        )
    for changes in ({"start_run": learned.run.id}, {"method": "full"}, {"objective": "dpo"}):
        with pytest.raises(InputError, match="begin with the model and learn answers"):
            jobs.submit(
                workspace, Params(model=EMBEDDED_MODEL, settings=TrainingSettings(**changes), full_epochs=1),
                project_id=learned.project.id,
            )  # fmt: skip
    workspace.withdraw_approval("document-1", reason="a name was missed")
    with pytest.raises(InputError, match="approval stands"):
        jobs.submit(
            workspace, Params(model=EMBEDDED_MODEL, settings=TrainingSettings(), full_epochs=1),
            project_id=learned.project.id,
        )  # fmt: skip


def test_a_search_without_a_trial_is_not_shown(workspace, learned, trainings, params):
    jobs.submit(workspace, params(), project_id=learned.project.id)
    assert newest_search(workspace, learned.project) is None
