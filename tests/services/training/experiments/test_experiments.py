"""An experiment: what it would start, what it queues, what becomes of it when parts fail, and which run to take."""

import pytest

from core import jobs
from core.errors import InputError
from core.jobs import worker
from core.records import DatasetVersion, Experiment, Job, Run
from core.services.training import evaluation
from core.services.training.experiments import results as told
from core.services.training.experiments.ending import cancel_experiment, resume_experiment
from core.services.training.experiments.job import Params, Result, VariantParams, params_of
from core.services.training.experiments.plan import MOST_VARIANTS, Choice, plan
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.storage import find, get, update

RANKS = ("8", "16", "32")


def choice(**changes) -> Choice:
    return Choice(**{"models": (EMBEDDED_MODEL,), "goal": "quick", "values": {"lora_rank": RANKS}} | changes)


@pytest.fixture
def begun(workspace, learned, no_models) -> Experiment:
    """An experiment over three ranks, all of its jobs queued."""
    params = params_of(plan(workspace, learned.project, choice()))
    job = jobs.submit(workspace, params, project_id=learned.project.id)
    return get(workspace.db, Experiment, Result.of(worker.run_job(workspace, job.id)).experiment_id)


def work(workspace) -> list[str]:
    """Do all queued jobs in their order, as one process after the other would; return their kinds and states."""
    done = []
    while queued := find(workspace.db, Job, state="queued", order="created_at, rowid"):
        job = worker.run_job(workspace, queued[0].id)
        done.append(f"{job.kind} {job.state}")
    return done


def test_a_plan_holds_every_combination_and_the_time_of_all(workspace, learned):
    values = {"lora_rank": ("8", "16"), "layers": ("all", "mlp"), "seed": ("3",)}
    planned = plan(workspace, learned.project, choice(values=values))
    assert [dict(each.varied) for each in planned.variants] == [
        {"lora_rank": rank, "layers": layers} for rank in (8, 16) for layers in ("all", "mlp")
    ]
    assert {each.derived.settings.seed for each in planned.variants} == {3}
    each = planned.variants[0]
    assert planned.duration_s == pytest.approx(4 * (each.fit.duration_s + each.evaluation_s)) and each.evaluation_s > 0
    assert planned.too_large == ()
    assert find(workspace.db, Job) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"values": {"lora_rank": ("8",)}}, "two trainings or more"),
        ({"values": {"seed": tuple(map(str, range(MOST_VARIANTS + 1)))}}, "holds 24"),
        ({"values": {"lora_rank": ("8", "8")}}, "would be the same"),
        ({"values": {"color": ("red", "blue")}}, "color"),
        ({"values": {"lora_rank": ("8", "-1")}}, "lora_rank"),
        ({"values": {"goal": ("quick", "facts")}}, "goal"),
        ({"values": {"lora_rank": ()}}, "missing"),
        ({"models": ()}, "missing"),
        ({"goal": "slow"}, "no goal"),
    ],
)
def test_what_cannot_be_compared_is_told(workspace, learned, changes, words):
    with pytest.raises(InputError, match=words):
        plan(workspace, learned.project, choice(**changes))


def test_as_many_as_an_experiment_holds_are_planned(workspace, learned):
    values = {"seed": tuple(map(str, range(MOST_VARIANTS)))}
    assert len(plan(workspace, learned.project, choice(values=values)).variants) == MOST_VARIANTS


def test_one_version_is_frozen_and_each_training_queued_before_its_evaluation(workspace, learned, begun):
    version = get(workspace.db, DatasetVersion, begun.dataset_id)
    assert (version.number, begun.dataset_sha256) == (2, version.sha256)
    queued = find(workspace.db, Job, state="queued", order="created_at, rowid")
    assert [job.id for job in queued] == [
        job_id for each in begun.variants for job_id in (each.train_job_id, each.evaluate_job_id)
    ]
    assert {job.params["dataset_id"] for job in queued if job.kind == "train"} == {version.id}
    results = told.results_of(workspace, learned.project, begun)
    assert [each.state for each in results] == ["waiting"] * 3 and told.is_at_work(results)
    assert told.recommended(results).number is None


def test_an_experiment_may_train_on_a_version_from_before(workspace, learned, no_models):
    params = params_of(plan(workspace, learned.project, choice()), dataset_id=learned.run.dataset_id)
    job = jobs.submit(workspace, params, project_id=learned.project.id)
    experiment = get(workspace.db, Experiment, Result.of(worker.run_job(workspace, job.id)).experiment_id)
    assert experiment.dataset_id == learned.run.dataset_id
    assert len(find(workspace.db, DatasetVersion)) == 1


def test_the_smallest_of_those_that_answer_alike_is_recommended(workspace, learned, begun):
    assert work(workspace) == ["train done", "evaluate done"] * 3
    results = told.results_of(workspace, learned.project, begun)
    assert [each.state for each in results] == ["done"] * 3 and not told.is_at_work(results)
    assert [each.adapter_bytes for each in results] == [8, 16, 32]
    assert [each.score.mean for each in results] == [0.60, 0.62, 0.20]
    assert {each.change for each in results} == {"better"}
    advice = told.recommended(results)
    assert advice.number == 1 and "number 2 62%" in advice.words and "smaller" in advice.words


def test_a_training_that_fails_ends_no_other_and_is_resumed(workspace, learned, begun, no_models):
    no_models(16)
    assert work(workspace) == [
        "train done", "evaluate done", "train failed", "evaluate cancelled", "train done", "evaluate done",
    ]  # fmt: skip
    results = told.results_of(workspace, learned.project, begun)
    assert [each.state for each in results] == ["done", "failed", "done"]
    assert results[1].error == "No row can be used."
    assert told.recommended(results).number == 1
    no_models(0)
    assert resume_experiment(workspace, learned.project, begun) == 2
    assert work(workspace) == ["train done", "evaluate done"]
    assert told.results_of(workspace, learned.project, begun)[1].score
    with pytest.raises(InputError, match="Nothing of experiment 1"):
        resume_experiment(workspace, learned.project, begun)


def test_a_canceled_experiment_keeps_what_is_finished(workspace, learned, begun):
    for job_id in (begun.variants[0].train_job_id, begun.variants[0].evaluate_job_id):
        worker.run_job(workspace, job_id)
    assert cancel_experiment(workspace, learned.project, begun) == 4
    states = [each.state for each in told.results_of(workspace, learned.project, begun)]
    assert states == ["done", "cancelled", "cancelled"] and work(workspace) == []
    assert len(find(workspace.db, Run, is_finished=True)) == 2  # with the project's own
    with pytest.raises(InputError, match="has ended already"):
        cancel_experiment(workspace, learned.project, begun)


def test_the_states_between_are_told(workspace, learned, begun):
    first = begun.variants[0]
    update(workspace.db, Job, first.train_job_id, state="running")
    assert told.results_of(workspace, learned.project, begun)[0].state == "training"
    update(workspace.db, Job, first.train_job_id, state="done")
    assert told.results_of(workspace, learned.project, begun)[0].state == "comparing"


def test_an_experiment_is_found_by_its_number(workspace, learned, begun):
    assert told.experiment_of(workspace, learned.project, 1) == told.experiment_of(workspace, learned.project) == begun
    with pytest.raises(InputError, match="no such experiment"):
        told.experiment_of(workspace, learned.project, 2)
    other = workspace.create_project("Other")
    with pytest.raises(InputError, match="no experiment yet"):
        told.experiment_of(workspace, other)


def test_an_evaluation_names_a_training_of_its_own_project(workspace, learned, begun):
    other = workspace.create_project("Other")
    params = evaluation.Params(train_job_id=begun.variants[0].train_job_id)
    with pytest.raises(InputError, match="does not train a model in this project"):
        jobs.submit(workspace, params, project_id=other.id)
    params = evaluation.Params(train_job_id=begun.variants[0].evaluate_job_id)
    with pytest.raises(InputError, match="does not train"):
        jobs.submit(workspace, params, project_id=learned.project.id)


def test_core_refuses_what_no_page_offers(workspace, learned):
    same = VariantParams(model=EMBEDDED_MODEL, settings=TrainingSettings())
    for variants in ((same,), (same, same)):
        with pytest.raises(InputError):
            jobs.submit(workspace, Params(goal="facts", variants=variants), project_id=learned.project.id)
    assert find(workspace.db, Job) == []
