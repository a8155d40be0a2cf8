"""Three steps before a training: what they find, and what is said of a training that does not fit."""

from dataclasses import replace

import psutil
import pytest

from core.errors import InputError
from core.jobs.context import JobContext
from core.models.torch_setup import OutOfMemory
from core.records import Job, Model, QuestionPair, new_id, now
from core.services.questions.trainable import longest_reviewed
from core.services.training.fit import measured_speed
from core.services.training.probe import job as probing
from core.services.training.probe.job import last_probe
from core.settings import TrainingSettings
from core.storage import Workspace, insert, update
from core.training.fit import Amount, estimate, fitting_changes
from core.training.probe import Probe
from tests.learned import LearnedProject

GB = 10**9
SETTINGS = TrainingSettings(batch_size=8)
TAKEN = Probe(peak_memory_bytes=2 * GB, seconds_per_step=1.5, tokens_per_s=80.0, longest_tokens=40)


@pytest.fixture
def probed(workspace: Workspace, learned: LearnedProject, monkeypatch: pytest.MonkeyPatch):
    """Run a probe of which the steps are given, with so much memory free; give its result and how often steps were taken."""
    model = Model(name="tiny", path="/m/a.gguf", format="gguf", size_bytes=98_362_432, sha256="")
    real = psutil.virtual_memory()
    monkeypatch.setattr(probing, "find_trainable", lambda _workspace, _name: model)
    called = []

    def run(*, free: float, taken: Probe | Exception = TAKEN, settings: TrainingSettings = SETTINGS):
        def steps(*_given, **named):
            called.append(named["rows"])
            if isinstance(taken, Exception):
                raise taken
            return taken

        monkeypatch.setattr(probing, "probe", steps)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=int(free)))
        params = probing.Params(model="tiny", settings=settings)
        job = Job(id=new_id("job"), kind="probe training", project_id=learned.project.id, created_at=now())
        insert(workspace.db, replace(job, params=params.as_json()))
        result = probing.run(JobContext(workspace, job), params)
        update(workspace.db, Job, job.id, state="done", result=result.as_json())
        return result, called

    return run


def test_steps_that_leave_memory_free_fit(probed):
    result, called = probed(free=64 * GB)
    assert (result.answer, result.memory_bytes, result.changes) == ("fits", 2 * GB, {})
    assert "took 2.0 GB of" in result.verdict and "1.5 seconds each" in result.verdict
    assert [row["input"] for row in called[0]][:1] == ["How much does the winch hold?"]  # the longest


def test_steps_that_left_no_memory_fit_with_changes(probed):
    peak = replace(TAKEN, peak_memory_bytes=3 * GB)
    result, _ = probed(free=3 * GB - psutil.Process().memory_info().rss, taken=peak)
    assert result.answer == "fits with changes" and set(result.changes) <= {"precision", "batch_size"} and result.changes


def test_what_far_exceeds_the_memory_is_not_tried(probed):
    result, called = probed(free=-psutil.Process().memory_info().rss)
    assert (result.answer, result.seconds_per_step, called) == ("does not fit", None, [])
    assert "Choose a smaller model" in result.verdict


def test_steps_that_run_out_of_memory_are_an_answer(probed):
    result, called = probed(free=64 * GB, taken=OutOfMemory("There is not enough memory.", "Use less."))
    assert len(called) == 1
    assert (result.answer, result.seconds_per_step) == ("fits with changes", None)


def test_the_newest_probe_with_these_settings_is_shown_and_its_speed_counts(workspace, learned, probed):
    def last(settings):
        return last_probe(workspace, learned.project, "tiny", settings)

    assert last(SETTINGS) is None
    probed(free=64 * GB)
    assert last(SETTINGS.model_copy(update={"epochs": 3.0, "goal": "heart"})).tokens_per_s == 80.0
    assert last(SETTINGS.model_copy(update={"batch_size": 4})) is None
    assert measured_speed(workspace, learned.project, "tiny") == 80.0
    probed(free=64 * GB, taken=replace(TAKEN, tokens_per_s=20.0))
    assert last(SETTINGS).tokens_per_s == measured_speed(workspace, learned.project, "tiny") == 20.0


def test_nothing_is_tried_without_reviewed_pairs(workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed")
    with pytest.raises(InputError, match="approval stands"):
        probing.check(workspace, learned.project.id, probing.Params(model="tiny", settings=SETTINGS))


def test_the_longest_pairs_are_those_whose_approval_stands(workspace, learned):
    pair = learned.pairs[0]
    insert(
        workspace.db, replace(pair, id="long", input="Why? " * 90), replace(pair, id="old", input="x" * 900, review_id="r")
    )
    update(workspace.db, QuestionPair, "pair-1", state="dropped")
    assert [each.id for each in longest_reviewed(workspace, learned.project, 2)] == ["long", "pair-0"]


@pytest.mark.parametrize(
    ("free", "changes"), [(2.2, {"batch_size": 2}), (2.0, {"precision": "4bit", "batch_size": 2}), (0.3, None)]
)
def test_the_fewest_changes_that_fit_are_proposed(free, changes):
    model = Model(name="m", path="/m/Q4_1.gguf", format="gguf", size_bytes=98_362_432, sha256="")

    def fit_of(settings):
        amount = Amount(pairs=900, facts=200, characters=400_000)
        return estimate(model, settings, amount=amount, tokens_per_s=0, free_memory_bytes=free * GB, free_disk_bytes=GB)

    assert fitting_changes(SETTINGS, fit_of) == changes


def test_divided_weights_are_not_probed(workspace, learned, monkeypatch):
    monkeypatch.setattr(probing, "check_reviewed", lambda *_: None)
    monkeypatch.setattr(probing, "find_trainable", lambda *_: None)
    divided = TrainingSettings(processes=2, weights="divided")
    with pytest.raises(InputError, match="Three steps cannot be tried"):
        probing.check(workspace, learned.project.id, probing.Params(model="tiny", settings=divided))
