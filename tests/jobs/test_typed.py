"""What jobs are started with and what they make: one record each for every kind, also of what earlier versions stored."""

import ast
import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.errors import InputError
from core.jobs.kinds import KINDS, Kind
from core.jobs.typed import JobParams
from core.jobs.worker import run_job
from core.records import Job, new_id, now
from core.services import demo, sample
from core.services.chat.series import job as comparing
from core.services.chat.series.answerers import Chosen
from core.services.documents import reading
from core.services.evaluation import judging
from core.services.monitoring import questions as asked_questions
from core.services.monitoring import replacing, retraining
from core.services.privacy import anonymization, second_search
from core.services.questions import generation, pair_import, refiltering
from core.services.questions.freezing import job as freezing
from core.services.questions.writing import probing, trying
from core.services.training import evaluation, export, runs
from core.services.training.experiments import job as experiment
from core.services.training.leaks import job as leaks
from core.services.training.probe import job as three_steps
from core.services.training.search import job as search
from core.settings import DatasetSettings, FilterSettings, GenerationSettings, TrainingSettings
from core.storage import Workspace, find, get, insert

ROOT = Path(__file__).resolve().parent.parent.parent
GENERATION = {
    "model": "smollm2-135m-instruct", "writer": "auto", "per_passage": 3, "wordings": 5, "model_wordings": 0,
    "answers": "bare", "batch_sequences": 8, "unanswerable_share": 0.1, "prompts": {}, "seed": 0,
}  # fmt: skip
FILTERS = {
    "on": [], "off": [], "forbidden_words": [],
    "min_question_characters": 12, "max_question_characters": 300, "min_answer_characters": 1, "max_answer_characters": 600,
    "max_copied": 1.0, "min_language_fit": 0.005, "max_ungrounded": 0, "min_answered": 0.5, "max_known": 0.8,
    "max_alike": 0.9, "max_same_answers": 3, "max_same_meaning": 0.95,
}  # fmt: skip
TRAINING = {
    "goal": "quick", "precision": "fp32", "epochs": 5.0, "max_steps": 0, "batch_size": 8, "gradient_accumulation": 1,
    "learning_rate": 0.001, "warmup_share": 0.05,
    "method": "lora", "layers": "all", "passage_share": 0.0, "lora_rank": 8, "lora_alpha": 16, "lora_dropout": 0.0,
    "objective": "answers", "preference_beta": 0.1, "general_share": 0.0, "general_weight": 1.0, "start_run": "",
    "processes": 1, "weights": "whole", "max_tokens": 512,
    "checkpoint_steps": 20, "sample_questions": 5, "canaries": 0, "keep": "last", "seed": 0,
}  # fmt: skip
OF_TRAINING = TrainingSettings(goal="quick", epochs=5, lora_rank=8, lora_alpha=16)
# What the commands and pages stored when parameters were dictionaries, beside the record they build today.
STORED: list[tuple[JobParams, dict[str, Any]]] = [
    (
        reading.Params(files=(reading.File(path="/a.txt", name="a.txt"), reading.File(path="/b/\udcff", name="\udcff"))),
        {"files": [{"path": "/a.txt", "name": "a.txt"}, {"path": "/b/\udcff", "name": "\udcff"}]},
    ),
    (
        reading.Params(files=(reading.File(path="/i/0", name="a.txt"),), remove_after=True),
        {"files": [{"path": "/i/0", "name": "a.txt"}], "remove_after": True},
    ),
    (anonymization.Params(level="thorough", again=False), {}),
    (anonymization.Params(level="standard", again=True), {"level": "standard", "again": True}),
    (second_search.Params(document_id=""), {"document_id": ""}),
    (second_search.Params(document_id="document-1", by="Ada"), {"document_id": "document-1", "by": "Ada"}),
    (pair_import.Params(path="/p.jsonl", name="p.jsonl"), {"path": "/p.jsonl", "name": "p.jsonl"}),
    (
        pair_import.Params(path="/i/p", name="p.jsonl", remove_after=True),
        {"name": "p.jsonl", "remove_after": True, "path": "/i/p"},
    ),
    (
        pair_import.Params(path="/p.csv", name="p.csv", columns={"question": "Q", "answer": "A"}, skips_wrong=True),
        {"path": "/p.csv", "name": "p.csv", "columns": {"question": "Q", "answer": "A"}, "skips_wrong": True},
    ),
    (generation.Params(settings=GenerationSettings(), filters=FilterSettings()), {"settings": {}, "filters": {}}),
    (
        generation.Params(settings=GenerationSettings(per_passage=3).in_full(), filters=FilterSettings().in_full()),
        {"settings": GENERATION, "filters": FILTERS},
    ),
    (refiltering.Params(filters=FilterSettings()), {"filters": {}}),
    (
        refiltering.Params(filters=FilterSettings(off=("profanity",)), answered_by="tiny"),
        {"filters": {"off": ["profanity"]}, "answered_by": "tiny"},
    ),
    (
        trying.Params(document_id="document-1", passage_id="passage-1"),
        {"document_id": "document-1", "passage_id": "passage-1"},
    ),
    (probing.Params(model="site-70b"), {"model": "site-70b"}),
    (freezing.Params(), {}),
    (freezing.Params(settings=DatasetSettings(split="passage")), {"settings": {"split": "passage"}}),
    (
        runs.Params(model="tiny", settings=OF_TRAINING.in_full()),
        {"model": "tiny", "settings": TRAINING},
    ),
    (
        three_steps.Params(model="tiny", settings=OF_TRAINING.in_full()),
        {"model": "tiny", "settings": TRAINING},
    ),
    (evaluation.Params(run_id="run-1", questions=""), {"run_id": "run-1", "questions": ""}),
    (
        evaluation.Params(run_id="run-1", questions="/i/q", name="q.jsonl"),
        {"run_id": "run-1", "questions": "/i/q", "name": "q.jsonl"},
    ),
    (evaluation.Params(train_job_id="job-1"), {"train_job_id": "job-1"}),
    (
        experiment.Params(goal="quick", variants=(experiment.VariantParams(model="tiny", settings=OF_TRAINING.in_full()),)),
        {"goal": "quick", "variants": [{"model": "tiny", "settings": TRAINING}]},
    ),
    (
        search.Params(model="tiny", settings=OF_TRAINING.in_full(), full_epochs=15.0, trials=4),
        {"model": "tiny", "settings": TRAINING, "full_epochs": 15.0, "trials": 4},
    ),
    (
        judging.Params(first_run_id="run-1", second_run_id="run-2", model="site-70b"),
        {"first_run_id": "run-1", "second_run_id": "run-2", "model": "site-70b"},
    ),
    (
        comparing.Params(answerers=(Chosen(answerer="run-1", from_documents=True), Chosen(answerer="tiny"))),
        {"answerers": [{"answerer": "run-1", "from_documents": True}, {"answerer": "tiny"}]},
    ),
    (leaks.Params(run_id="run-1"), {"run_id": "run-1"}),
    (evaluation.Params(run_id="run-1", asks_like="run-1"), {"run_id": "run-1", "asks_like": "run-1"}),
    (retraining.Params(), {}),
    (replacing.Params(evaluate_job_id="job-1"), {"evaluate_job_id": "job-1"}),
    (asked_questions.Params(), {}),
    (
        export.Params(run_id="run-1", format="gguf", quantization="q8_0", target="/out"),
        {"run_id": "run-1", "format": "gguf", "quantization": "q8_0", "target": "/out"},
    ),
    (sample.Params(), {}),
    (demo.Params(out="/report", is_slice=False), {"out": "/report", "is_slice": False}),
]
READ = {"documents": ["document-1"], "read": 1, "skipped": 2, "unreadable": 0}
FOUND = {"documents": 1, "spans": 9, "spread": 0}
WRITTEN = {
    "kept": 4, "dropped": {"too long": 1}, "passages": 2, "skipped": 1, "writer": "several",
    "asked": 3, "malformed": 1, "refused": 0,
    "ungrounded": 1, "cut": 0, "texts": 0,
}  # fmt: skip
RESULTS: dict[str, dict[str, Any]] = {
    "read": READ,
    "anonymize": FOUND,
    "search again": {"documents": 1, "found": 3},
    "import": {"pairs": 8, "document_id": "document-1", "notes": ["1 empty message left out."]},
    "generate": WRITTEN,
    "try": {"writer": "several", "replies": 2, "pairs": 4, "kept": 3},
    "probe": {
        "model": "site-70b", "writer": "several", "why": "it did well.", "passages": 10, "pairs": 30, "replies": 1.0,
        "proven": 0.9, "own_words": 1.0, "answerable": 0.8,
    },
    "filter": {"kept": 4, "dropped": {"too long": 1}, "answered": 2, "judged": 3},
    "freeze": {"dataset_id": "dataset-1", "number": 2, "is_new": True},
    "train": {"run_id": "run-1", "metrics": {"loss": 1.5, "validation_loss": None, "steps": 3}},
    "probe training": {
        "answer": "fits", "memory_bytes": 1.5e9, "free_memory_bytes": 8e9, "changes": {}, "seconds_per_step": 2.0,
        "tokens_per_s": 90.0,
    },
    "evaluate": {"evaluation_id": "evaluation-1", "verdict": "Better."},
    "experiment": {"experiment_id": "experiment-1", "number": 1},
    "search": {"trials": 4, "best": {"lora_rank": 8}, "loss": 0.5},
    "judge": {
        "first_run_id": "run-1", "second_run_id": "run-2", "model": "site-70b", "words": "Run 1 is better, by this judge.",
        "preferences": {"first": 9, "second": 1, "same": 2, "disagreed": 3, "alike": 1},
    },
    "compare": {"series_id": "series-1"},
    "leaktest": {"run_id": "run-1", "light": "green", "tested": 41, "learned": 0},
    "retrain": {
        "dataset_id": "dataset-2", "number": 2,
        "train_job_id": "job-2", "evaluate_job_id": "job-3", "replace_job_id": "job-4",
    },
    "replace": {
        "run_id": "run-2", "before_run_id": "run-1", "is_in_use": True, "ruling": "not worse", "question_count": 12,
        "words": [0.1, -0.05, 0.2], "good": None,
    },
    "compare questions": {"compared": 40},
    "export": {
        "release_id": "release-1", "path": "/out", "sha256": "a", "sha256_of": "SHA256SUMS", "note": "", "signer": None,
    },
    "sample": {"read": READ, "found": FOUND, "questions": WRITTEN},
    "demo": {
        "project": "Demo", "run_id": "run-1", "evaluation_id": "evaluation-1", "verdict": "Better.", "report": "/report",
        "pairs": WRITTEN, "seconds": {"Read": 1.0},
    },
}  # fmt: skip


def job_of(kind: str, **values: Any) -> Job:
    return Job(id=new_id("job"), kind=kind, created_at=now(), **values)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_its_records_and_its_work_takes_and_gives_them(name: str) -> None:
    kind = KINDS[name]
    stage = import_module(f"core.services.{kind.module}")
    assert (kind.params.kind, kind.result.kind) == (name, name)
    assert {kind.params.__module__, kind.result.__module__} == {stage.__name__}
    work = inspect.signature(stage.run)
    assert (list(work.parameters.values())[1].annotation, work.return_annotation) == (kind.params, kind.result)
    if check := getattr(stage, "check", None):
        assert inspect.signature(check).parameters["params"].annotation is kind.params


def test_what_is_stored_is_shown_here_for_every_kind() -> None:
    assert {params.kind for params, _ in STORED} == set(RESULTS) == set(KINDS)


@pytest.mark.parametrize(("params", "stored"), STORED)
def test_a_job_is_stored_with_the_values_and_key_it_always_had(
    workspace: Workspace, waiting_jobs: None, monkeypatch: pytest.MonkeyPatch, params: JobParams, stored: dict[str, Any]
) -> None:
    monkeypatch.setattr(Kind, "check", lambda *_given: None)
    job = jobs.submit(workspace, params, project_id="project-1")
    assert job.params == stored
    assert job.key == json.dumps([params.kind, "project-1", stored], sort_keys=True)
    again = KINDS[job.kind].params.from_values(get(workspace.db, Job, job.id).params)
    assert again == params and jobs.submit(workspace, again, project_id="project-1").id == job.id


@pytest.mark.parametrize("kind", RESULTS)
def test_a_stored_result_is_read_and_stored_the_same(workspace: Workspace, kind: str) -> None:
    job = job_of(kind, result=RESULTS[kind])
    insert(workspace.db, job)
    made = KINDS[kind].result.of(get(workspace.db, Job, job.id))
    assert json.loads(json.dumps(made.as_json())) == RESULTS[kind]


@pytest.mark.parametrize(("params", "stored"), STORED)
def test_an_unknown_name_is_refused_in_words(params: JobParams, stored: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="These settings cannot be used: formt: ") as caught:
        type(params).from_values(stored | {"formt": "gguf"})
    assert all(name in caught.value.hint.words for name in type(params).model_fields)


@pytest.mark.parametrize(
    ("params", "values"),
    [
        (runs.Params, {"model": "tiny", "settings": {"epochs": "many", "rank": 2}}),
        (generation.Params, {"settings": {"epochs": 3, "per_passage": 0}}),
    ],
)
def test_wrong_settings_are_named_as_if_they_stood_alone(params: type[JobParams], values: dict[str, Any]) -> None:
    settings = params.model_fields["settings"].annotation
    assert settings in (TrainingSettings, GenerationSettings)
    with pytest.raises(InputError) as alone:
        settings.from_values(values["settings"])  # type: ignore[union-attr]
    with pytest.raises(InputError) as within:
        params.from_values(values)
    assert (within.value.message, within.value.hint) == (alone.value.message, alone.value.hint)


@pytest.mark.parametrize("params", [{"path": "/Berglund.jsonl"}, {"path": "/Berglund", "name": "Berglund", "since": 1}])
def test_a_job_of_another_version_is_refused_in_words_that_quote_no_value(
    workspace: Workspace, waiting_jobs: None, params: dict[str, Any]
) -> None:
    insert(workspace.db, job := job_of("import", params=params))
    ended = run_job(workspace, job.id)
    assert ended.state == "failed" and ended.error.startswith("These settings cannot be used: ")
    assert "reference" not in ended.error and "Berglund" not in ended.error + ended.hint
    assert [listed.id for listed in jobs.list_jobs(workspace)] == [job.id]


def test_results_of_other_kinds_or_versions_are_none_and_of_earlier_ones_read() -> None:
    assert reading.Result.find(job_of("read", result={})) is None
    assert reading.Result.find(job_of("sample", result=READ)) is None
    assert reading.Result.find(job_of("read", result={"documents": 3})) is None
    assert export.Result.find(job_of("export", result=RESULTS["export"] | {"path": 3})) is None
    later = reading.Result.find(job_of("read", result=READ | {"moved": 1}))
    assert later is not None and later.skipped == 2
    earlier = reading.Result.find(job_of("read", result={"documents": [], "skipped": 1, "unreadable": 1}))
    assert earlier is not None and (earlier.skipped, earlier.read) == (1, 0)
    with pytest.raises(InputError, match="no result that this version can read"):
        anonymization.Result.of(job_of("anonymize", result={"found": 1}))


def test_an_empty_submit_is_refused_before_anything_is_queued(workspace: Workspace, waiting_jobs: None) -> None:
    project = workspace.create_project("Pumps")
    with pytest.raises(InputError, match="No file was given"):
        jobs.submit(workspace, reading.Params(files=()), project_id=project.id)
    assert find(workspace.db, Job) == []


def test_nobody_reads_parameters_or_results_by_key() -> None:
    paths = [path for folder in ("core", "dashboard") for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 200
    assert [place for path in paths for place in _looked_up(path.relative_to(ROOT), path.read_text(encoding="utf-8"))] == []
    assert _looked_up(Path("a.py"), "job.params['x']\njob.result.get('x')\njob.result\nfuture.result()") == [
        "a.py:1",
        "a.py:2",
    ]


def _looked_up(name: Path, source: str) -> list[str]:
    """Where a value is taken out of an attribute `params` or `result`."""
    asked = []
    for node in ast.walk(ast.parse(source)):
        is_get = isinstance(node, ast.Attribute) and node.attr == "get"
        if (isinstance(node, ast.Subscript) or is_get) and isinstance(node.value, ast.Attribute):  # type: ignore[attr-defined]
            if node.value.attr in ("params", "result"):  # type: ignore[attr-defined]
                asked.append(f"{name}:{node.lineno}")  # type: ignore[attr-defined]
    return asked
