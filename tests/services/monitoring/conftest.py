"""A project with two runs, whose answers are written down instead of asked for, and people who asked questions."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.evaluation import EvaluationResult
from core.files import sha256_folder, sha256_text, write_atomic
from core.jobs.context import JobContext
from core.models.embedder import DIMENSIONS
from core.records import ChatPace, ChatSetup, ChatTurn, Conversation, DatasetVersion, Evaluation, Run, new_id, now
from core.services.chat.conversations import begin
from core.services.training import evaluation, runs
from core.services.training.question_set import ASKED_ROWS, rows_asked_last
from core.storage import Workspace, get, insert
from core.training import TrainingResult
from tests.graded import graded
from tests.learned import LearnedProject

ROWS = [{"input": f"What is rope {n} made of?", "output": f"Rope {n} is made of steel wire."} for n in range(12)]
RIGHT = [row["output"] for row in ROWS]
WRONG = ["Bananas grow quickly."] * len(ROWS)


def embed(texts: Any) -> list[bytes]:
    """Embeddings by the letters of a text alone: alike where the letters are."""
    found = []
    for text in texts:
        counts = bytearray(DIMENSIONS)
        for letter in text.lower():
            counts[ord(letter) % DIMENSIONS] = min(127, counts[ord(letter) % DIMENSIONS] + 10)
        found.append(bytes(counts))
    return found


@pytest.fixture
def second(workspace: Workspace, learned: LearnedProject) -> Run:
    """Another finished run of the project, on the same dataset version, whose files are written."""
    folder = workspace.dataset_folder(learned.project.id, learned.run.dataset_id)
    rows = [
        {"input": f"How long is rope {n} of the winch?", "output": f"{n} m", "pair_id": f"pair-{n}", "review_id": "review-1"}
        for n in range(30)
    ]
    write_atomic(folder / "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write_atomic(folder / "heldout.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    run = replace(learned.run, id="run-2", number=2)
    insert(workspace.db, run)
    return run


@pytest.fixture
def evaluated(workspace: Workspace) -> Callable[..., Evaluation]:
    """Store an evaluation of a run with these answers."""

    def store(run: Run, answers: list[str], **more: Any) -> Evaluation:
        result = graded(ROWS, WRONG, answers, resamples=200)
        return store_result(workspace, run, result, ROWS, evaluation_id=new_id("evaluation"), **more)

    return store


def store_result(
    workspace: Workspace, run: Run, result: EvaluationResult, rows: list[Any], *, evaluation_id: str, created_at: str = ""
) -> Evaluation:
    stored = Evaluation(
        id=evaluation_id, project_id=run.project_id, run_id=run.id, adapter_sha256=None,
        questions_sha256=sha256_text(json.dumps(rows, sort_keys=True)), question_count=result.question_count,
        scores=result.as_json()["scores"], verdict="Better.", created_at=created_at or now(),
    )  # fmt: skip
    path = workspace.evaluation_path(run.project_id, stored.id)
    write_atomic(path, json.dumps(result.as_json() | {ASKED_ROWS: rows}))
    insert(workspace.db, stored)
    return stored


@pytest.fixture
def asked(workspace: Workspace, learned: LearnedProject) -> Callable[..., ChatTurn]:
    """Store a question of a conversation with its answer, as it was when it came to its end."""
    conversations: list[Conversation] = []

    def store(question: str = "How long is rope 3 of the winch?", **told: Any) -> ChatTurn:
        if not conversations:
            conversations.append(begin(workspace, learned.project, "Ropes?", setup=ChatSetup(answerer="run-1")))
        values = {"answer": "3 m", "state": "complete", "answerer": "run-1", "pace": ChatPace(first_s=1.0, whole_s=2.0)}
        values |= {"created_at": now(), "written_at": now(), "number": 1}
        turn = ChatTurn(
            **(values | {"id": new_id("turn"), "conversation_id": conversations[0].id, "question": question} | told)
        )
        insert(workspace.db, turn)
        return turn

    return store


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, waiting_jobs: None) -> dict[str, Any]:
    """Trainings and evaluations in place of a model's: every answer of a new run is "answers", a training may "fail"."""
    script: dict[str, Any] = {"answers": RIGHT, "fail": False, "asked": []}

    def trained(*_given: object, folder: Path, settings: Any, **_named: object) -> TrainingResult:
        if script["fail"]:
            raise MemoryError
        write_atomic(folder / "adapter" / "adapter_model.safetensors", "weights")
        return TrainingResult(adapter_sha256=sha256_folder(folder / "adapter"), metrics={"seconds": 60.0})

    def evaluate_run(context: JobContext, run: Run, *, asks_like: Run | None = None, **_named: object) -> Evaluation:
        rows = rows_asked_last(context.workspace, asks_like or run)
        script["asked"].append((run.id, [row["input"] for row in rows]))
        answers = script["answers"] if run.id != "run-1" else RIGHT
        result = graded(rows, WRONG[: len(rows)], answers[: len(rows)], resamples=200)
        return store_result(context.workspace, run, result, rows, evaluation_id=context.begun_id("evaluation"))

    monkeypatch.setattr(runs, "train", trained)
    monkeypatch.setattr(runs, "_make_ready", lambda *_given: None)
    monkeypatch.setattr(runs, "measured_once", lambda *_given: None)
    monkeypatch.setattr(evaluation, "evaluate_run", evaluate_run)
    return script


def version_of(workspace: Workspace, run: Run) -> DatasetVersion:
    return get(workspace.db, DatasetVersion, run.dataset_id)
