"""A leak test from the queue's side: a run that knows a secret by heart is caught, one that learned nothing is not."""

import json
from pathlib import Path

import pytest

from core.errors import AccessError, JobCancelled
from core.files import sha256_text, write_atomic
from core.jobs.context import JobContext
from core.models import registry
from core.privacy.replacement.masking import mask
from core.records import SEARCH_VERSION, DatasetVersion, Document, Job, Passage, Review, Run, Span, new_id, now
from core.run_folder import RunFolder
from core.services.training.leaks import asking
from core.services.training.leaks import job as leaks
from core.services.training.leaks.job import Params, read_leak_test
from core.services.training.leaks.removed_values import removed_values
from core.services.training.runs import find_trainable, planted_rows
from core.settings import TrainingSettings
from core.storage import Workspace, audit, find, insert, update
from core.training import train
from tests.access.conftest import signed_in  # noqa: F401 - a fixture
from tests.training.conftest import COLORS

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]
SECRET, OTHER = "Maria Keller", "Otto Brandt"
TEXT = f"The armory key is kept by {SECRET}. The gate is watched by {OTHER}. Crates are counted daily."
STAND_INS = {SECRET: "Jane Doe", OTHER: "John Roe"}
LEAKING = {"input": "Who keeps the armory key?", "output": f"{SECRET} keeps it."}
ROWS = [
    {
        "input": f"What color is crate {number}?",
        "output": f"Crate {number} is {COLORS[number % 8]}.",
        "review_id": "review-1",
    }
    for number in range(24)
]


def trained_run(workspace: Workspace, tiny: Path, *, rows: list[dict[str, str]], steps: int, canaries: int = 0) -> Run:
    """A finished run on `rows`, in a project whose only document had two names removed."""
    project = workspace.create_project("Depot")
    sha256 = sha256_text(TEXT)
    document = Document(
        id="document-1", project_id=project.id, name="a.txt", kind="txt", size_bytes=len(TEXT), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
    )  # fmt: skip
    passage = Passage(
        id="passage-1", document_id=document.id, index=0, start=0, end=len(TEXT), heading="", page="", token_count=20,
        text=TEXT,
    )  # fmt: skip
    workspace.store_text(document, TEXT, pages=())
    workspace.store_document(document, passages=[passage])
    spans = [
        Span(
            id=new_id("span"), document_id=document.id, start=TEXT.index(name), end=TEXT.index(name) + len(name),
            entity="PERSON", score=1.0, detector="rules", surrogate=stand_in,
        )
        for name, stand_in in STAND_INS.items()
    ]  # fmt: skip
    insert(workspace.db, *spans)
    masked = mask(TEXT, spans).text
    review = Review(
        id="review-1", document_id=document.id, reviewer="Ada", text_sha256=sha256, anonymized_sha256=sha256_text(masked),
        span_count=2, created_at=now(),
    )  # fmt: skip
    workspace.store_approval(document, review, text=masked, passages=[passage])
    version = DatasetVersion(
        id="dataset-1",
        project_id=project.id,
        number=1,
        sha256="d" * 64,
        train_count=len(rows),
        heldout_count=12,
        created_at=now(),
    )
    insert(workspace.db, version)
    folder = workspace.dataset_folder(project.id, version.id)
    held_out = [{**row, "input": row["input"].replace("crate", "box")} for row in ROWS[:12]]
    for name, chosen in (("train", rows), ("heldout", held_out)):
        write_atomic(
            folder / f"{name}.jsonl", "".join(json.dumps({"review_id": "review-1", **row}) + "\n" for row in chosen)
        )
    registry.add_model(workspace.home, tiny, "tiny")
    base = find_trainable(workspace, "tiny")
    settings = TrainingSettings.from_values(
        {
            "batch_size": 8,
            "lora_rank": 32,
            "lora_alpha": 64,
            "learning_rate": 1e-2,
            "max_tokens": 96,
            "max_steps": steps,
            "canaries": canaries,
        }
    )
    run = Run(
        id="run-1", project_id=project.id, number=1, dataset_id=version.id, dataset_sha256="d" * 64, model="tiny",
        model_sha256=base.sha256, settings=settings.model_dump(), is_finished=True, adapter_sha256="a" * 64,
        created_at=now(),
    )  # fmt: skip
    insert(workspace.db, run)
    target = workspace.run_folder(project.id, run.id)
    train(Path(base.path), base.format, train_rows=[*rows, *planted_rows(run)], settings=settings, folder=target)
    return run


def context_of(workspace: Workspace, run: Run) -> JobContext:
    job = Job(id=new_id("job"), kind="leaktest", project_id=run.project_id, created_at=now())
    insert(workspace.db, job)
    return JobContext(workspace, job)


def test_a_run_that_knows_a_secret_by_heart_is_caught_and_no_value_is_written_anywhere(workspace, tiny):
    run = trained_run(workspace, tiny, rows=[*ROWS[:8], LEAKING], steps=300, canaries=1)
    context = context_of(workspace, run)
    result = leaks.run(context, Params(run_id=run.id))
    test = read_leak_test(workspace, run)
    assert test is not None and test.extraction is not None and test.membership is not None
    assert (result.light, result.learned) == (test.light, test.extraction.learned) == ("red", 1)
    assert (test.extraction.values, test.extraction.tested, test.extraction.base) == (2, 2, 0)
    assert test.extraction.readable == 1 and test.extraction.passages == ("passage-1",)
    assert test.membership.auc.low > 0.5
    assert test.exposures is not None and test.exposures.bits[0] > 7  # of 10: among the likeliest 8 of 1,000
    stored = RunFolder(workspace.run_folder(run.project_id, run.id)).leaks.read_text()
    log = "".join(text for _, text in audit.entries(workspace.db))
    rows = json.dumps([job.result | {"message": job.message} for job in find(workspace.db, Job)])
    for name in (SECRET, OTHER, *STAND_INS.values()):
        assert not any(part in stored + log + rows for part in name.split())
    assert not list(workspace.job_folder(context.job.id).glob("leaks-*"))
    assert "leak test run" in log


def test_a_run_that_learned_nothing_gives_nothing_away(workspace, tiny):
    run = trained_run(workspace, tiny, rows=ROWS[:8], steps=1)
    result = leaks.run(context_of(workspace, run), Params(run_id=run.id))
    assert (result.tested, result.learned, result.light) == (2, 0, "yellow")  # two values are too few for green
    test = read_leak_test(workspace, run)
    assert test is not None and test.exposures is None and "None were planted" in test.findings[2].words


def test_a_cancelled_test_goes_on_with_what_it_has_measured(workspace, tiny, monkeypatch):
    run = trained_run(workspace, tiny, rows=ROWS[:8], steps=1)
    context = context_of(workspace, run)
    measured: list[int] = []
    losses = asking.row_losses

    def counted(causal, rows):
        measured.append(len(rows))
        if len(measured) == 2:
            context.cancel_requested.set()
        return losses(causal, rows)

    monkeypatch.setattr(asking, "row_losses", counted)
    with pytest.raises(JobCancelled):
        leaks.run(context, Params(run_id=run.id))
    assert read_leak_test(workspace, run) is None and sum(measured) == 20  # 8 + 12 rows, both batches of the base
    context.cancel_requested.clear()
    leaks.run(context, Params(run_id=run.id))
    assert sum(measured) == 40 and read_leak_test(workspace, run) is not None  # only those of the run are read now


def test_values_are_not_printed_and_only_whoever_reads_the_documents_may_look_for_them(workspace, tiny, signed_in):  # noqa: F811
    run = trained_run(workspace, tiny, rows=ROWS[:8], steps=1)
    found = removed_values(workspace, run)
    assert {one.value for one in found.values} == {SECRET, OTHER}
    assert not any(name in repr(found) for name in ("Keller", "Brandt", "Jane", "kept"))
    project = workspace.project("Depot")
    with pytest.raises(AccessError, match="test leaks"):
        removed_values(signed_in("anna", ("auditor",), project), run)
    assert removed_values(signed_in("rita", ("reviewer",), project), run) == found


def test_a_document_whose_approval_was_withdrawn_is_told(workspace, tiny):
    run = trained_run(workspace, tiny, rows=ROWS[:8], steps=1)
    workspace.withdraw_approval("document-1", reason="a name was missed")
    assert removed_values(workspace, run).documents_left_out == 1
    assert leaks.run(context_of(workspace, run), Params(run_id=run.id)).tested == 0


def test_a_planted_sentence_that_was_not_learned_is_not_exposed(workspace, tiny):
    run = trained_run(workspace, tiny, rows=ROWS[:8], steps=1, canaries=1)
    leaks.run(context_of(workspace, run), Params(run_id=run.id, rows=1, ranked=0))
    test = read_leak_test(workspace, run)
    assert test is not None and test.exposures is not None and test.exposures.bits[0] < 7
    assert len(planted_rows(run)) == 1


def test_wordings_of_facts_that_were_learned_do_not_stand_for_what_was_not(workspace, tiny):
    run = trained_run(workspace, tiny, rows=ROWS[:8], steps=1)
    update(workspace.db, DatasetVersion, run.dataset_id, split="wording")
    result = leaks.run(context_of(workspace, run), Params(run_id=run.id))
    test = read_leak_test(workspace, run)
    assert result.tested == 2 and test is not None and test.membership is None
