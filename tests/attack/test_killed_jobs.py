"""What other jobs do is done exactly once, too: killed between any two transactions and resumed, or run twice at once."""

import json
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.chat import Message
from core.errors import ModelError
from core.files import sha256_folder, write_atomic
from core.jobs import worker
from core.jobs.context import JobContext
from core.jobs.typed import JobParams
from core.models.text import Pace
from core.records import (
    DatasetVersion,
    Detection,
    Document,
    Evaluation,
    Experiment,
    Job,
    Project,
    QuestionPair,
    Release,
    Run,
    Series,
    SeriesAnswer,
    Span,
    new_id,
    now,
)
from core.services import review
from core.services.chat.series import job as series_job
from core.services.documents import reading
from core.services.monitoring import retraining
from core.services.privacy import anonymization, second_search
from core.services.questions import pair_import
from core.services.training import answering, evaluation, export, runs
from core.services.training.answering import Side, Sides
from core.services.training.experiments import job as experiments
from core.settings import TrainingSettings
from core.storage import Workspace, audit, audit_check, find, get, insert, update
from core.training import TrainingResult
from tests.services.chat.compared import Reciter, allow_hosts, params_for, write_questions
from tests.unread import approve_all_unread

from .killing import ADA, killed_everywhere, opened, put_document

NAMES = ("Anna Berg", "Bert Holm")
PARTS = ("Anna Berg opened the valve of pump B12.", "The pump is dry.", "Bert Holm closed the valve of pump B13.")


class NameDetector:
    """A `Detector` that loads no model: it finds two names."""

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        return [[found for name in NAMES for found in self._found(text, name)] for text in texts]

    def _found(self, text: str, name: str) -> Iterator[Detection]:
        if name in text:
            start = text.index(name)
            yield Detection(start=start, end=start + len(name), entity="PERSON", score=0.9, detector="rules")

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        for text in texts:
            yield self.detect([text])[0]


class NumberFinder:
    """A `Finder` that loads no model: it takes the numbers of pumps for places."""

    def analyze(self, pieces: Iterable[str]) -> Iterator[list[Detection]]:
        for piece in pieces:
            yield [
                Detection(start=at, end=at + 3, entity="LOCATION", score=0.9, detector="rampart")
                for at in range(len(piece))
                if piece.startswith("B1", at)
            ]


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch, waiting_jobs: None) -> None:
    monkeypatch.setattr("core.services.privacy.anonymization.open_detector", lambda *_given, **_named: NameDetector())
    monkeypatch.setattr("core.services.privacy.second_search._load", lambda *_given: NumberFinder())
    monkeypatch.setattr(reading, "_counter", lambda _context: lambda text: len(text) // 4)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace with one project, closed."""
    with opened(tmp_path / "home") as workspace:
        workspace.create_project("a", policy="all-at-once")
    return tmp_path / "home"


def only_project(workspace: Workspace) -> Project:
    return find(workspace.db, Project)[0]


def for_training() -> runs.Params:
    return runs.Params(model="smollm2-135m-instruct", settings=TrainingSettings())


def submitted(workspace: Workspace, params: JobParams) -> str:
    return jobs.submit(workspace, params, project_id=only_project(workspace).id).id


def actions(workspace: Workspace) -> list[str]:
    assert audit_check.verify(workspace.db).is_whole
    return [entry.action for entry, _ in audit.entries(workspace.db)]


def folders(workspace: Workspace, name: str) -> set[str]:
    folder = workspace.project_folder(only_project(workspace).id) / name
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def nothing(_workspace: Workspace) -> None:
    pass


@pytest.mark.slow
def test_files_are_read_once(home: Path, tmp_path: Path) -> None:
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"Pump {number} is dry. {PARTS[0]}" if number else "", encoding="utf-8")
        files.append(reading.File(path=str(path), name=path.name))
    files.append(reading.File(path=files[-1].path, name="again.txt"))
    with opened(home) as workspace:
        job_id = submitted(workspace, reading.Params(files=tuple(files)))
    for workspace in killed_everywhere(home, job_id, nothing):
        documents = find(workspace.db, Document)
        assert sorted(document.name for document in documents) == ["0.txt", "1.txt", "2.txt"]
        assert folders(workspace, "documents") == {d.id for d in documents if d.state == "read"}  # and no text lies about
        result = get(workspace.db, Job, job_id).result
        assert (result["read"], result["skipped"], result["unreadable"]) == (2, 1, 1)
        assert actions(workspace).count("document added") == 3


def test_a_file_that_two_jobs_read_at_once_is_stored_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(PARTS[0], encoding="utf-8")
    with opened(home) as workspace:
        params = reading.Params(files=(reading.File(path=str(path), name="a.txt"),))
        same = params.model_copy(update={"remove_after": False})  # given now, so that it is another job
        first, second = submitted(workspace, params), submitted(workspace, same)
        read = reading.read_document
        done: list[Job] = []

        def read_while_another_does(*given: Any, **named: Any) -> Any:
            monkeypatch.setattr(reading, "read_document", read)
            done.append(worker.run_job(workspace, second))
            return read(*given, **named)

        monkeypatch.setattr(reading, "read_document", read_while_another_does)
        done.append(worker.run_job(workspace, first))
        assert [job.result["read"] for job in done] == [1, 0] and done[1].result["skipped"] == 1
        (document,) = find(workspace.db, Document)
        assert folders(workspace, "documents") == {document.id}


def test_pairs_are_imported_once_and_no_text_of_an_earlier_attempt_stays(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    rows = [{"input": f"Who opened pump {n}?", "output": f"Anna Berg opened pump {n}."} for n in range(3)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with opened(home) as workspace:
        job_id = submitted(workspace, pair_import.Params(path=str(path), name="pairs.jsonl"))
    for workspace in killed_everywhere(home, job_id, nothing):
        (document,) = find(workspace.db, Document)
        assert sorted(pair.input for pair in find(workspace.db, QuestionPair)) == sorted(row["input"] for row in rows)
        assert folders(workspace, "documents") == {document.id}
        assert document.is_analyzed and find(workspace.db, Span, document_id=document.id)


def test_marks_are_found_once_and_what_was_decided_stays(home: Path) -> None:
    with opened(home) as workspace:
        project = only_project(workspace)
        documents = [put_document(workspace, project, PARTS), put_document(workspace, project, (*PARTS, "Berg left."))]
        workspace.db.execute("update documents set analyzed_sha256 = ''")
        insert(
            workspace.db,
            Span(
                id="decided", document_id=documents[0].id, start=0, end=9, entity="PERSON", score=1.0, detector="reviewer",
                state="rejected", reviewer="Ada",
            ),
        )  # fmt: skip
        job_id = submitted(workspace, anonymization.Params(level="standard"))
        copy = home.with_name("uninterrupted")
    shutil.copytree(home, copy)

    def told(workspace: Workspace) -> list[tuple[object, ...]]:
        spans = find(workspace.db, Span)
        values = {(s.start, s.surrogate) for s in spans if s.surrogate}  # each name stands at the same place in both
        assert len(values) == len({start for start, _ in values})  # and has one surrogate, another in each project
        return sorted((s.document_id, s.start, s.end, s.entity, s.state) for s in spans)

    with opened(copy) as workspace:
        worker.run_job(workspace, job_id)
        expected = told(workspace)
    assert len(expected) >= 4
    for workspace in killed_everywhere(home, job_id, nothing):
        assert told(workspace) == expected
        assert all(document.is_analyzed for document in find(workspace.db, Document))


def test_a_second_search_stands_once(home: Path) -> None:
    with opened(home) as workspace:
        for _ in range(2):
            put_document(workspace, only_project(workspace), PARTS)
        job_id = submitted(workspace, second_search.Params())
    for workspace in killed_everywhere(home, job_id, nothing):
        rows = workspace.db.execute("select document_id, count(*) from second_findings group by document_id").fetchall()
        assert [row[1] for row in rows] == [2, 2]
        assert get(workspace.db, Job, job_id).result["found"] == 4
        assert actions(workspace).count("second search run") == 2


def with_pairs(workspace: Workspace) -> None:
    project = only_project(workspace)
    document = put_document(workspace, project, PARTS)
    (approved,) = approve_all_unread(workspace, project, by=ADA)
    for number in range(3):
        pair = QuestionPair(
            id=new_id("pair"), project_id=project.id, input=f"Who opened pump {number}?", output="Anna opened it.",
            origin="written", document_id=document.id, document_name="a", review_id=approved.id, created_at=now(),
        )  # fmt: skip
        insert(workspace.db, pair)


def trained(*_given: object, folder: Path, **_named: object) -> TrainingResult:
    """As `core.training.train`, with files that no model made."""
    for name in ("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "template.jinja"):
        write_atomic(folder / name, name)
    return TrainingResult(adapter_sha256=sha256_folder(folder / "adapter"), metrics={})


def train_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.services.training.runs.train", trained)
    monkeypatch.setattr("core.services.training.runs.measured_once", lambda _path: {})  # else by real steps, at each moment
    monkeypatch.setattr("core.services.training.runs._make_ready", lambda *_given: None)


def test_a_run_and_its_dataset_version_are_made_once_and_recorded_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_nothing(monkeypatch)
    with opened(home) as workspace:
        with_pairs(workspace)
        job_id = submitted(workspace, for_training())
    for workspace in killed_everywhere(home, job_id, nothing):
        (run,), (version,) = find(workspace.db, Run), find(workspace.db, DatasetVersion)
        assert run.is_finished and run.dataset_id == version.id
        assert (workspace.run_folder(run.project_id, run.id) / "run.json").is_file()
        assert folders(workspace, "datasets") == {version.id} and folders(workspace, "runs") == {run.id}
        assert (actions(workspace).count("run trained"), actions(workspace).count("dataset version built")) == (1, 1)


def test_an_experiment_is_queued_once_and_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.worker.advance", lambda _workspace: None)  # else a killed attempt begins to train
    variants = tuple(
        experiments.VariantParams(model="smollm2-135m-instruct", settings=TrainingSettings(seed=seed)) for seed in range(2)
    )
    with opened(home) as workspace:
        with_pairs(workspace)
        job_id = submitted(workspace, experiments.Params(goal="facts", variants=variants))
    for workspace in killed_everywhere(home, job_id, nothing):
        (experiment,), (version,) = find(workspace.db, Experiment), find(workspace.db, DatasetVersion)
        assert experiment.dataset_id == version.id
        queued = [job.id for job in find(workspace.db, Job, order="created_at, rowid") if job.kind in ("train", "evaluate")]
        assert queued == [job_id for each in experiment.variants for job_id in (each.train_job_id, each.evaluate_job_id)]


@pytest.fixture
def finished(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a finished run, closed."""
    train_nothing(monkeypatch)
    with opened(home) as workspace:
        with_pairs(workspace)
        job = worker.run_job(workspace, submitted(workspace, for_training()))
        assert job.state == "done"
    return home


def test_a_retraining_is_queued_once_and_whole(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.worker.advance", lambda _workspace: None)  # else a killed attempt begins to train
    with opened(finished) as workspace:
        update(workspace.db, QuestionPair, find(workspace.db, QuestionPair)[0].id, output="Anna did.")
        (run,) = find(workspace.db, Run)
        evaluated = Evaluation(
            id="evaluation-1", project_id=run.project_id, run_id=run.id, adapter_sha256=None, questions_sha256="",
            question_count=1, scores={}, verdict="", created_at=now(),
        )  # fmt: skip
        insert(workspace.db, evaluated)
        job_id = submitted(workspace, retraining.Params())
    for workspace in killed_everywhere(finished, job_id, nothing):
        _, version = find(workspace.db, DatasetVersion)
        queued = [job for job in find(workspace.db, Job, state="queued", order="created_at, rowid")]
        assert [job.kind for job in queued] == ["train", "evaluate", "replace"]
        assert retraining.Result.of(get(workspace.db, Job, job_id)) == retraining.Result(
            dataset_id=version.id, number=2, train_job_id=queued[0].id, evaluate_job_id=queued[1].id,
            replace_job_id=queued[2].id,
        )  # fmt: skip


def test_an_export_is_made_once_wherever_it_was_killed(finished: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    with opened(finished) as workspace:
        run_id = find(workspace.db, Run)[0].id
        params = export.Params(run_id=run_id, format="adapter", quantization="q8_0", target=str(target))
        job_id = submitted(workspace, params)
    for workspace in killed_everywhere(finished, job_id, nothing):
        (release,) = find(workspace.db, Release)
        result = get(workspace.db, Job, job_id).result
        assert (result["release_id"], result["sha256"], result["sha256_of"]) == (release.id, release.sha256, "SHA256SUMS")
        assert actions(workspace).count("release made") == 1
        assert "Approved unread by Ada: " in (target / "README.md").read_text(encoding="utf-8").split("\n- ")[0]
        shutil.rmtree(target)


def test_an_evaluation_that_was_stored_is_not_made_again_when_its_job_is_resumed(finished: Path) -> None:
    with opened(finished) as workspace:
        run = find(workspace.db, Run)[0]
        job = Job(id=new_id("job"), kind="evaluate", project_id=run.project_id, created_at=now())
        insert(workspace.db, job)
        evaluation_id = JobContext(workspace, job).begun_id("evaluation")
        assert JobContext(workspace, job).begun_id("evaluation") == evaluation_id  # in the next attempt, too
        stored = Evaluation(
            id=evaluation_id, project_id=run.project_id, run_id=run.id, adapter_sha256="", questions_sha256="",
            question_count=1, scores={}, verdict="Better.", created_at=now(),
        )  # fmt: skip
        insert(workspace.db, stored)
        questions = "/gone.jsonl"  # removed once the evaluation was stored
        assert evaluation.evaluate_run(JobContext(workspace, job), run, questions=questions) == stored


def test_answers_of_a_series_are_kept_as_they_come_and_none_that_was_kept_is_asked_for_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, kept = tmp_path / "asked.txt", set[tuple[str, int]]()
    questions = write_questions(tmp_path, {"Who?": "Ada.", "When?": "At noon."})
    numbers = {"Who?": 1, "When?": 2}

    class Noting(Reciter):
        def stream(self, messages: Sequence[Message], **options: Any) -> Generator[str, None, Pace]:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{self.other} {numbers[messages[-1].content]}\n")
            return (yield from super().stream(messages, **options))

    monkeypatch.setattr(series_job, "open_answerer", lambda _workspace, name: Noting({}, other=name))
    with opened(home) as workspace:
        allow_hosts(workspace, "one", "two")
        job_id = submitted(workspace, params_for(questions, "one", "two"))

    def look(workspace: Workspace) -> None:
        log.write_text("")
        kept.clear()
        kept.update((answer.text, answer.number) for answer in find(workspace.db, SeriesAnswer))

    for workspace in killed_everywhere(home, job_id, look):
        (series,) = find(workspace.db, Series)
        answers = sorted((answer.text, answer.number) for answer in find(workspace.db, SeriesAnswer))
        assert answers == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
        assert get(workspace.db, Job, job_id).result == {"series_id": series.id}
        again = [(name, int(number)) for name, number in (line.split() for line in log.read_text().splitlines())]
        assert sorted([*kept, *again]) == answers


def test_the_side_that_an_evaluation_finished_is_not_made_again_when_its_job_is_resumed(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"input": "What?", "output": "That."}\n' * 3, encoding="utf-8")

    def by_llama(_subject: object, rows: list[object], sides: Sides, report: Callable[[int], None]) -> bool:
        for name in ("base", "run"):
            if sides.get(name):
                continue
            made.append(name)
            report(2 * len(rows))
            if made == ["base", "run"]:
                raise ModelError("The engine ended.", "Resume the job.")
            sides.put(name, Side(["That."] * len(rows), [1.0] * len(rows)))
        return True

    monkeypatch.setattr(answering, "by_llama", by_llama)
    monkeypatch.setattr(evaluation, "_embed", lambda _workspace: None)
    with opened(finished) as workspace:
        job_id = submitted(workspace, evaluation.Params(run_id=find(workspace.db, Run)[0].id, questions=str(questions)))
        assert worker.run_job(workspace, job_id).state == "failed"
        jobs.resume(workspace, job_id)
        assert worker.run_job(workspace, job_id).state == "done"
        assert made == ["base", "run", "run"]
        assert find(workspace.db, Evaluation)[0].question_count == 1  # three times the same
        assert not list(workspace.job_folder(job_id).glob("*.json"))


def test_deciding_goes_on_while_a_killed_search_is_resumed(home: Path) -> None:
    with opened(home) as workspace:
        document = put_document(workspace, only_project(workspace), PARTS)
        workspace.db.execute("update documents set analyzed_sha256 = ''")
        job_id = submitted(workspace, anonymization.Params(level="standard"))
        assert worker.run_job(workspace, job_id).state == "done"
        spans = find(workspace.db, Span, document_id=document.id)
        review.reject(workspace, spans[:1], by=ADA)
        update(workspace.db, Job, job_id, state="failed")  # killed before it said that it was done
        jobs.resume(workspace, job_id)
        assert worker.run_job(workspace, job_id).state == "done"
        assert [span.state for span in find(workspace.db, Span, document_id=document.id, order="start")] == [
            "rejected", "detected",
        ]  # fmt: skip
