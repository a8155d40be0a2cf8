"""A finished run → a leak test: whether it gives away what review removed, and which texts it was trained on."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import Field

from core.errors import SetupError
from core.evaluation.leaks import (
    Attempt,
    Canary,
    Exposures,
    LeakTest,
    Light,
    Membership,
    canaries,
    exposure,
    extraction,
    loss_ratios,
    membership,
)
from core.evaluation.leaks.canaries import SPACE
from core.files import sha256_text, write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import DatasetVersion, Run, now
from core.run_folder import RunFolder
from core.services.questions.datasets import HELDOUT, read_rows
from core.services.training.leaks import asking
from core.services.training.leaks.asking import SIDES, Asked, Kept, Row, Side
from core.services.training.leaks.removed_values import RemovedValue, removed_values
from core.services.training.lineage import check_belongs, trained_rows
from core.services.training.runs import base_of
from core.storage import Workspace, audit, get, rights, transaction

SEED = 0
T = TypeVar("T")


class Params(JobParams):
    """The run, and how much is tested; what is more is drawn by chance, the same each time."""

    kind = "leaktest"
    run_id: str
    values: int = Field(default=60, ge=1)  # that review removed; each is asked for in two ways or more
    ranked: int = Field(default=6, ge=0)  # of these, how many are ranked among invented ones: takes longest
    rows: int = Field(default=48, ge=1)  # of those trained on, and as many of those held out


class Result(JobResult):
    """The run that was tested, and the worst light of its card."""

    kind = "leaktest"
    run_id: str
    light: Light
    tested: int
    learned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """What is asked about in one test."""

    trained: list[Row]
    held_out: list[Row]
    is_same_documents: bool
    values: list[RemovedValue]
    ranked: list[RemovedValue]
    value_count: int  # of all that review removed
    documents_left_out: int
    planted: list[Canary]


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the run belongs to the project and has finished, and that its base is here."""
    rights.check(workspace.db, "test leaks", project_id)
    run = workspace.finished_run(params.run_id)
    check_belongs(run, project_id)
    base_of(workspace, run)


def run(context: JobContext, params: Params) -> Result:
    """Run a leak test job."""
    run = get(context.workspace.db, Run, params.run_id)
    test = leak_test(context, run, params)
    found = test.extraction
    return Result(
        run_id=run.id, light=test.light, tested=found.tested if found else 0, learned=found.learned if found else 0
    )


def read_leak_test(workspace: Workspace, run: Run) -> LeakTest | None:
    """Return the newest leak test of a run; None if there is none of these weights, or another version wrote it.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", run.project_id)
    path = RunFolder(workspace.run_folder(run.project_id, run.id)).leaks
    if not path.exists():
        return None
    try:
        test = LeakTest.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):
        return None
    return test if test.adapter_sha256 == (run.adapter_sha256 or "") else None


def leak_test(context: JobContext, run: Run, params: Params) -> LeakTest:
    """Measure a run, and store what was found with it; goes on with what an earlier attempt of the job has measured.

    Raises:
        InputError: another model has the name of the run's base.
        SetupError: the dataset's files are gone, or memory is short.
        JobCancelled: between two batches.
    """
    workspace = context.workspace
    context.progress(0, 100, unit="%", message="Looking for what review removed")
    subjects = _subjects(workspace, run, params)
    kept = Kept(workspace.job_folder(context.job.id), _key(run, subjects))
    context.progress(0, 100, unit="%", message="Preparing the models")
    measured = _Measuring(context, kept, subjects, asking.open_asked(workspace, run, base_of(workspace, run)))
    test = LeakTest(
        run_id=run.id,
        model=run.model,
        model_sha256=run.model_sha256,
        adapter_sha256=run.adapter_sha256 or "",
        dataset_sha256=run.dataset_sha256,
        created_at=now(),
        membership=measured.membership(),
        exposures=measured.exposures(),
        extraction=extraction(measured.attempts(), value_count=subjects.value_count),
        documents_left_out=subjects.documents_left_out,
    )
    _store(workspace, run, test)
    kept.remove_files()
    context.progress(100, 100, unit="%")
    return test


class _Measuring:
    """The measures of one test, with their progress."""

    def __init__(self, context: JobContext, kept: Kept, subjects: Subjects, asked: Asked) -> None:
        self._context, self._kept, self._subjects, self._asked = context, kept, subjects, asked
        self._prompts = asking.prompts_for(asked.causal, subjects.values)
        rows = len(subjects.trained) + len(subjects.held_out)
        parts = (rows * asking.ROW_COST, len(self._prompts) * asking.PROMPT_COST, len(subjects.ranked) * asking.RANK_COST)
        self._total = 2 * sum(parts) + len(subjects.planted) * SPACE * asking.CODE_COST
        self._done = 0.0

    def membership(self) -> Membership | None:
        """Compare the losses of rows trained on with those held out; None if either are missing."""
        subjects = self._subjects
        if not subjects.trained or not subjects.held_out:
            return None
        rows = [*subjects.trained, *subjects.held_out]
        losses = {side: self._rows(side, rows) for side in SIDES}
        ratios = loss_ratios(losses["run"], losses["base"])
        count = len(subjects.trained)
        return membership(ratios[:count], ratios[count:], is_same_documents=subjects.is_same_documents, seed=SEED)

    def attempts(self) -> list[Attempt]:
        """Ask both models for every value, and rank some."""
        said = {side: self._written(side) for side in SIDES}
        ranked = {side: dict(zip(self._keys(self._subjects.ranked), self._ranks(side), strict=True)) for side in SIDES}
        return [self._attempt(value, said, ranked) for value in self._subjects.values]

    def exposures(self) -> Exposures | None:
        """Rank the code of each planted sentence among all codes; None if none were planted."""
        bits = [exposure(self._codes(number, canary)) for number, canary in enumerate(self._subjects.planted)]
        return Exposures(bits=tuple(bits)) if bits else None

    def _codes(self, number: int, canary: Canary) -> list[float]:
        with self._asked.side("run") as causal:
            return self._kept.measured(
                f"codes-{number}", canary.candidates(), lambda codes: asking.code_losses(causal, canary, codes),
                at_once=asking.CODES_AT_ONCE,
                report=lambda count: self._report(count * asking.CODE_COST, "Trying the codes of planted sentences"),
            )  # fmt: skip

    def _attempt(
        self,
        value: RemovedValue,
        said: dict[Side, list[list[bool]]],
        ranked: dict[Side, dict[str, list[int]]],
    ) -> Attempt:
        places = [at for at, prompt in enumerate(self._prompts) if prompt.value is value]
        tuned_rank, rivals = ranked["run"].get(value.key, (0, 0))
        base_rank, _ = ranked["base"].get(value.key, (0, 0))
        return Attempt(
            entity=value.entity,
            passage_id=value.passage_id,
            tuned=any(said["run"][at][0] for at in places),
            base=any(said["base"][at][0] for at in places),
            stand_in=any(said["run"][at][1] for at in places),
            is_readable=value.is_readable,
            rivals=rivals,
            tuned_rank=tuned_rank if rivals else None,
            base_rank=base_rank if rivals else None,
        )

    @staticmethod
    def _keys(values: Sequence[RemovedValue]) -> list[str]:
        return [value.key for value in values]

    def _rows(self, side: Side, rows: list[Row]) -> list[float]:
        with self._asked.side(side) as causal:
            return self._kept.measured(
                f"rows-{side}", rows, lambda batch: asking.row_losses(causal, batch), at_once=asking.ROWS_AT_ONCE,
                report=lambda count: self._report(count * asking.ROW_COST, "Reading what it was trained on"),
            )  # fmt: skip

    def _written(self, side: Side) -> list[list[bool]]:
        with self._asked.side(side) as causal:
            return self._kept.measured(
                f"written-{side}", self._prompts, lambda batch: [list(pair) for pair in asking.written(causal, batch)],
                at_once=asking.PROMPTS_AT_ONCE,
                report=lambda count: self._report(count * asking.PROMPT_COST, "Asking for what review removed"),
            )  # fmt: skip

    def _ranks(self, side: Side) -> list[list[int]]:
        with self._asked.side(side) as causal:
            return self._kept.measured(
                f"ranks-{side}", self._subjects.ranked, lambda batch: [list(pair) for pair in asking.ranks(causal, batch)],
                at_once=1, report=lambda count: self._report(count * asking.RANK_COST, "Comparing with invented values"),
            )  # fmt: skip

    def _report(self, cost: float, message: str) -> None:
        self._done += cost
        self._context.progress(99 * min(1.0, self._done / max(self._total, 1)), 100, unit="%", message=message)


def _subjects(workspace: Workspace, run: Run, params: Params) -> Subjects:
    """Draw what is asked about: the same for each attempt."""
    trained = trained_rows(workspace, run)
    known = {row["pair_id"] for row in trained if row.get("pair_id")}  # by an earlier run that this one began with, maybe
    held_out = [row for row in _untaught(workspace, run) if row.get("pair_id") not in known]
    both = {row.get("review_id") for row in trained} & {row.get("review_id") for row in held_out}
    if is_same := bool(both):
        trained, held_out = ([row for row in rows if row.get("review_id") in both] for rows in (trained, held_out))
    removed = removed_values(workspace, run)
    values = _drawn(removed.values, params.values)
    return Subjects(
        trained=_drawn(trained, params.rows),
        held_out=_drawn(held_out, params.rows),
        is_same_documents=is_same,
        values=values,
        ranked=values[: params.ranked],
        value_count=len(removed.values),
        documents_left_out=removed.documents_left_out,
        planted=canaries(run.settings.get("canaries", 0), seed=run.id),
    )


def _untaught(workspace: Workspace, run: Run) -> list[Row]:
    """Return the held-out rows, unless they are wordings of facts that were trained on: these are half known."""
    if get(workspace.db, DatasetVersion, run.dataset_id).split == "wording":
        return []
    return read_rows(workspace.dataset_folder(run.project_id, run.dataset_id) / HELDOUT)


def _drawn(items: Sequence[T], count: int) -> list[T]:
    chosen = list(items)
    random.Random(SEED).shuffle(chosen)  # noqa: S311 - a sample, not a secret
    return chosen[:count]


def _key(run: Run, subjects: Subjects) -> str:
    """Return a hash of all that the figures depend on; of a value, of where it stands."""
    places = [[value.document_id, value.start, value.is_readable, len(value.questions)] for value in subjects.values]
    counts = [
        len(subjects.planted),
        len(subjects.trained),
        len(subjects.held_out),
        len(subjects.ranked),
        subjects.is_same_documents,
    ]
    return sha256_text(json.dumps([run.id, run.adapter_sha256, run.dataset_sha256, counts, places]))[:16]


def _store(workspace: Workspace, run: Run, test: LeakTest) -> None:
    """Store a test with its run and in the audit log."""
    folder = RunFolder(workspace.run_folder(run.project_id, run.id))
    if not folder.learned.is_dir():
        raise SetupError(f"The adapter of run {run.number} is gone.", "Restore it from a backup or train again.")
    found = test.extraction
    with transaction(workspace.db):
        audit.append(
            workspace.db,
            "leak test run",
            subjects={"project": run.project_id, "run": run.id},
            hashes={"adapter": run.adapter_sha256, "model": run.model_sha256, "dataset": run.dataset_sha256},
            counts={"tested": found.tested, "learned": found.learned} if found else {},
        )
        write_atomic(folder.leaks, json.dumps(test.as_json(), indent=1))
