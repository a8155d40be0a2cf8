"""A run and its base model on questions the run was not trained on → scores, intervals, a verdict in words."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.evaluation import evaluate, verdict
from core.jobs.context import JobContext
from core.jobs.stages.incoming import remove_incoming
from core.jobs.stages.training import base_of, read_rows
from core.models.conversation import Encoded
from core.models.engine.apart import WriterApart
from core.models.engine.context import UNKNOWN_TOKENS, context_tokens, made_for_tokens
from core.models.text import Prompt
from core.questions import read_pairs
from core.records import Evaluation, ModelFormat, Run, now
from core.settings import Precision
from core.storage import Workspace, find, get, insert, sha256_text, write_atomic

QUESTIONS_AT_ONCE = 16
MAX_ANSWER_TOKENS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What is evaluated: a run on its base model."""

    path: Path  # of the base model
    format: ModelFormat
    folder: Path  # of the run
    template: str
    precision: Precision
    cache: Path


@dataclass(frozen=True, slots=True)
class _Side:
    """What one of the two made of the rows, in their order: its answers, and its losses on the right ones."""

    answers: list[str]
    losses: list[float]


Keep = Callable[[str, Callable[[], _Side]], _Side]  # gives a side by its name: made now, or by an earlier attempt


def _make(_name: str, make: Callable[[], _Side]) -> _Side:
    """Make a side and keep nothing."""
    return make()


def check(workspace: Workspace, project_id: str, params: dict[str, Any]) -> None:
    """The run has finished and there are questions."""
    run = workspace.finished_run(params["run_id"])
    if run.project_id != project_id:
        raise InputError(f"Run {run.id} belongs to another project.", "See: garrison runs PROJECT")
    base_of(workspace, run)
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
    """Return the questions; one that a file holds several times shows nothing more than once, and counts once."""
    if path:
        return [{"input": question, "output": answer} for question, answer in dict.fromkeys(read_pairs(Path(path)))]
    rows = read_rows(workspace.dataset_folder(run.project_id, run.dataset_id) / "heldout.jsonl")
    if not rows:
        raise InputError(
            "No questions were held out: the dataset is too small.",
            "Add documents, or give questions with --questions FILE.",
        )
    return rows


def evaluate_run(context: JobContext, run: Run, *, questions: str) -> Evaluation:
    """Ask base and tuned model the same questions, and measure how likely either finds the right answers.

    Gives the evaluation that an earlier attempt of this job stored, if it came that far.
    """
    workspace = context.workspace
    evaluation_id = context.begun_id("evaluation")
    if stored := find(workspace.db, Evaluation, id=evaluation_id):
        return stored[0]
    rows = _questions(workspace, run, questions)
    model = base_of(workspace, run)
    run_folder = workspace.run_folder(run.project_id, run.id)
    subject = _Subject(
        path=Path(model.path),
        format=model.format,
        folder=run_folder,
        template=(run_folder / "template.jinja").read_text(encoding="utf-8"),
        precision=run.settings["precision"],
        cache=workspace.unpacked_folder,
    )
    questions_sha256 = sha256_text(json.dumps(rows, sort_keys=True))
    folder = workspace.job_folder(context.job.id)
    done, steps = 0, 4 * len(rows)

    def report(count: int) -> None:
        nonlocal done
        done += count
        context.progress(done, steps, unit="answers", message="Answering the questions" if done else "Preparing the models")

    def keep(name: str, make: Callable[[], _Side]) -> _Side:
        path = folder / f"{name}-{questions_sha256[:16]}.json"
        if path.exists():
            report(2 * len(rows))
            return _Side(**json.loads(path.read_text(encoding="utf-8")))
        side = make()
        write_atomic(path, json.dumps(asdict(side)))
        return side

    report(0)
    base, tuned = _by_llama(subject, rows, report, keep) or _by_transformers(subject, rows, report, keep)
    result = evaluate(
        rows,
        base_answers=base.answers,
        tuned_answers=tuned.answers,
        base_losses=base.losses,
        tuned_losses=tuned.losses,
    )
    evaluation = Evaluation(
        id=evaluation_id,
        project_id=run.project_id,
        run_id=run.id,
        adapter_sha256=run.adapter_sha256,
        questions_sha256=questions_sha256,
        question_count=len(rows),
        scores=result.as_json()["scores"],
        verdict=verdict(result, is_held_out=not questions),
        created_at=now(),
    )
    write_atomic(
        workspace.evaluation_path(run.project_id, evaluation.id), json.dumps(result.as_json(), ensure_ascii=False, indent=1)
    )
    insert(workspace.db, evaluation)
    for path in folder.glob(f"*-{questions_sha256[:16]}.json"):
        path.unlink()  # what was kept until now
    return evaluation


def _by_llama(
    subject: _Subject, rows: list[dict[str, str]], report: Callable[[int], None], keep: Keep = _make
) -> tuple[_Side, _Side] | None:
    """Return what llama.cpp makes of the rows, base and run, many at once; None where it cannot load the run."""
    from core.models.conversation import encode_rows, turn_of
    from core.models.engine.tuned import tuned
    from core.models.llama import cached_vocabulary
    from core.models.unpacked import batch_gguf

    found = tuned(
        subject.path,
        subject.format,
        folder=subject.folder,
        template=subject.template,
        precision=subject.precision,
        cache=subject.cache,
        report=lambda: report(0),
    )
    if found is None:
        return None
    vocabulary = cached_vocabulary(found.model)
    turn, encoded = turn_of(vocabulary, subject.template), encode_rows(vocabulary, subject.template, rows)
    readable = made_for_tokens(found.model) or UNKNOWN_TOKENS
    for number, row in enumerate(encoded, start=1):
        if row.answer_start >= readable:
            raise InputError(
                f"Question {number} has {row.answer_start} tokens; this model reads {readable}.", "Shorten the question."
            )
    encoded = [Encoded(row.tokens[:readable], row.answer_start) for row in encoded]
    prompts = [
        Prompt(
            tokens=row.tokens[: row.answer_start],
            max_tokens=min(MAX_ANSWER_TOKENS, readable - row.answer_start),
            ends=tuple(turn.ends),
            stops=turn.stops,
            expected=row.tokens[row.answer_start :],
        )
        for row in encoded
    ]
    longest = max(max(len(row.tokens), row.answer_start + MAX_ANSWER_TOKENS) for row in encoded)
    model = batch_gguf(found.model, subject.cache, report=lambda _: report(0))
    sequences = max(1, min(QUESTIONS_AT_ONCE, context_tokens(model, conversations=QUESTIONS_AT_ONCE) // longest - 1))

    def side(adapter: Path | None) -> _Side:
        answers, losses = [""] * len(rows), [0.0] * len(rows)
        room = (sequences + 1) * longest
        with WriterApart(model, adapter=adapter, sequences=sequences, context_tokens=room) as writer:
            for completion in writer.generate(prompts):
                answers[completion.index], losses[completion.index] = completion.text.strip(), completion.nats or 0.0
                report(2)
        return _Side(answers, losses)

    return keep("base", lambda: side(None)), keep("run", lambda: side(found.adapter))


def _by_transformers(
    subject: _Subject, rows: list[dict[str, str]], report: Callable[[int], None], keep: Keep = _make
) -> tuple[_Side, _Side]:
    """Return the same by transformers: one model, its adapter switched off and on."""
    from core.models.causal import answer_loss, generate_batch, load_adapter, load_causal

    base = load_causal(
        subject.path, subject.format, precision=subject.precision, template=subject.template, cache=subject.cache
    )
    model = load_adapter(base, subject.folder / "adapter")
    batches = [rows[start : start + QUESTIONS_AT_ONCE] for start in range(0, len(rows), QUESTIONS_AT_ONCE)]

    def side() -> _Side:
        found = _Side([], [])
        for batch in batches:
            found.losses.extend(answer_loss(model, batch))
            report(len(batch))
            found.answers.extend(generate_batch(model, [row["input"] for row in batch], max_tokens=MAX_ANSWER_TOKENS))
            report(len(batch))
        return found

    with model.model.disable_adapter():
        without = keep("base", side)
    return without, keep("run", side)
