"""A run and its base model on questions the run was not trained on → scores, intervals, a verdict in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.evaluation import evaluate, verdict
from core.jobs.context import JobContext
from core.jobs.stages.incoming import remove_incoming
from core.jobs.stages.training import find_trainable, read_rows
from core.questions import read_pairs
from core.records import Evaluation, Run, new_id, now
from core.storage import Workspace, get, insert, sha256_text, write_atomic

if TYPE_CHECKING:
    from core.models.causal import CausalModel

QUESTIONS_AT_ONCE = 8
MAX_ANSWER_TOKENS = 96


def check(workspace: Workspace, project_id: str, params: dict[str, Any]) -> None:
    """The run has finished and there are questions."""
    run = workspace.finished_run(params["run_id"])
    if run.project_id != project_id:
        raise InputError(f"Run {run.id} belongs to another project.", "See: garrison runs PROJECT")
    _questions(workspace, run, params.get("questions", ""))


def run(context: JobContext) -> dict[str, Any]:
    """Params: `run_id`, `questions` (a path or ""), `remove_after`. Result: `evaluation_id`, `verdict`."""
    params = context.job.params
    run = get(context.workspace.db, Run, params["run_id"])
    evaluation = evaluate_run(context, run, questions=params.get("questions", ""))
    if params.get("questions"):
        remove_incoming(params, [Path(params["questions"])])
    return {"evaluation_id": evaluation.id, "verdict": evaluation.verdict}


def _questions(workspace: Workspace, run: Run, path: str) -> list[dict[str, str]]:
    if path:
        return [{"input": question, "output": answer} for question, answer in read_pairs(Path(path))]
    rows = read_rows(workspace.dataset_folder(run.project_id, run.dataset_id) / "heldout.jsonl")
    if not rows:
        raise InputError(
            "No questions were held out: the dataset is too small.",
            "Add documents, or give questions with --questions FILE.",
        )
    return rows


def evaluate_run(context: JobContext, run: Run, *, questions: str) -> Evaluation:
    """Ask base and tuned model the same questions; one model in memory, the adapter switched off for the base."""
    from core.models.causal import load_adapter, load_causal

    workspace = context.workspace
    rows = _questions(workspace, run, questions)
    model = find_trainable(workspace, run.model)
    folder = workspace.run_folder(run.project_id, run.id)
    template = (folder / "template.jinja").read_text(encoding="utf-8")
    base = load_causal(
        Path(model.path),
        model.format,
        precision=run.settings["precision"],
        template=template,
        cache=workspace.unpacked_folder,
    )
    tuned = load_adapter(base, folder / "adapter")
    done = 0

    def report() -> None:
        nonlocal done
        done += 1
        context.progress(done, steps, unit="steps", message="Answering the held-out questions")

    batches = [rows[start : start + QUESTIONS_AT_ONCE] for start in range(0, len(rows), QUESTIONS_AT_ONCE)]
    steps = 4 * len(batches)
    with tuned.model.disable_adapter():
        base_answers, base_losses = _ask(tuned, batches, report)
    tuned_answers, tuned_losses = _ask(tuned, batches, report)
    result = evaluate(
        rows, base_answers=base_answers, tuned_answers=tuned_answers, base_losses=base_losses, tuned_losses=tuned_losses
    )
    evaluation = Evaluation(
        id=new_id("evaluation"),
        project_id=run.project_id,
        run_id=run.id,
        adapter_sha256=run.adapter_sha256,
        questions_sha256=sha256_text(json.dumps(rows, sort_keys=True)),
        question_count=len(rows),
        scores=result.as_json()["scores"],
        verdict=verdict(result, is_held_out=not questions),
        created_at=now(),
    )
    write_atomic(
        workspace.evaluation_path(run.project_id, evaluation.id), json.dumps(result.as_json(), ensure_ascii=False, indent=1)
    )
    insert(workspace.db, evaluation)
    return evaluation


def _ask(
    model: "CausalModel", batches: list[list[dict[str, str]]], report: Callable[[], None]
) -> tuple[list[str], list[float]]:
    from core.models.causal import answer_loss, generate_batch

    answers: list[str] = []
    losses: list[float] = []
    for batch in batches:
        answers += generate_batch(model, [row["input"] for row in batch], max_tokens=MAX_ANSWER_TOKENS)
        report()
        losses += answer_loss(model, batch)
        report()
    return answers, losses
