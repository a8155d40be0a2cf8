"""One training run, from top to bottom: load, set up, train, save, clean up.

The folder of a finished run:

    settings.json     the settings as used
    template.jinja    the chat template to use with the tuned model
    metrics.jsonl     a line per step: step, epoch, loss, learning_rate, tokens_per_s, gradient_norm, memory_bytes and, if
                      measured, validation_loss; with general rows, their drift from the base model
    samples.jsonl     a line per measurement: how a few questions were answered
    stop-and-keep     only if somebody asked to stop before the end and keep what was learned
    checkpoints/      only while training: the last two, and the adapter with the lowest validation loss
    adapter/          the result, in peft's format; with method "full", weights/ with a complete model instead
    result.json       the adapter's hash and the run's metrics

Calling `train` again on the folder of an interrupted run continues from its last intact checkpoint.
Not supported: several machines.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import JobCancelled
from core.files import sha256_folder, write_atomic
from core.records import ModelFormat
from core.run_folder import RunFolder
from core.settings import TrainingSettings
from core.training.facts import fact_count
from core.training.progress import Progress, TrainingResult

if TYPE_CHECKING:
    from core.training.loop import Trainer


def train(
    path: Path,
    format: ModelFormat,
    *,
    train_rows: Sequence[Mapping[str, Any]],
    validation_rows: Sequence[Mapping[str, Any]] = (),
    preferences: Sequence[Mapping[str, Any]] = (),
    passages: Sequence[str] = (),
    settings: TrainingSettings,
    folder: Path,
    start: Path | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    note: Callable[[str], None] = lambda stage: None,
    cache: Path | None = None,
) -> TrainingResult:
    """Train an adapter, or with method "full" all weights, on question pairs.

    Args:
        path: the base model, a GGUF file or a folder of safetensors.
        format: which of the two.
        train_rows: question pairs with `input` and `output`.
        validation_rows: pairs that are not trained on; may be empty.
        preferences: questions with a `chosen` and a `rejected` answer, learned from in place of pairs by objective "dpo".
        passages: texts to read besides the pairs, if the settings give them a share.
        settings: training settings.
        folder: the run's folder; an interrupted run in it is continued.
        start: the adapter to begin with; None for a fresh one.
        report: called after every step; if it raises JobCancelled, a checkpoint is written before training stops.
        note: called before each stage that comes before the first step, with what is done then in words; may raise to stop.
        cache: folder for unpacked models, see `load_causal`.

    Raises:
        InputError: no row can be used, the model cannot be trained, or llama.cpp would tokenize text differently.
        SetupError: not enough memory or disk space.
        ModelError: the loss is no longer finite.
        JobCancelled: raised by `report`.
    """
    from core.models.torch_setup import prepare_libraries

    prepare_libraries()  # before the imports below, which print warnings
    from core.models.agreement import check_trained_as_answered
    from core.training import checkpoints, rows, samples
    from core.training.loop import Trainer
    from core.training.team.starting import Work, team_for
    from core.training.whole import load_to_train

    kept = RunFolder(folder)
    if kept.result.exists():  # finished, but whoever asked was killed before hearing of it
        return TrainingResult(**json.loads(kept.result.read_text(encoding="utf-8")))

    # 1. Load: the model; the chat template becomes part of the run.
    started_s = time.monotonic()
    note("Loading the model")
    template = _stored(kept.template)
    causal = load_to_train(path, format, settings=settings, template=template, cache=cache)
    if format == "safetensors" and cache is not None:
        check_trained_as_answered(path, causal.vocabulary, causal.template, cache=cache)
    write_atomic(kept.template, causal.template)
    write_atomic(kept.settings, settings.model_dump_json(indent=1))

    # 2. Set up: tokenized rows, what learns, and the state of an interrupted run.
    note("Reading the question pairs")
    train_rows, rejected = rows.learned_rows(causal, train_rows, preferences, settings)
    with rows.tokenized(causal, train_rows, folder, settings.max_tokens) as training, ExitStack() as stack:
        validation = rows.validation_sample(causal, validation_rows, settings)
        facts = fact_count(row.get("fact") for row in train_rows)
        texts = rows.text_pieces(causal, passages, settings)
        asked = samples.sample_questions(causal, validation_rows or train_rows, settings.sample_questions)
        is_divided = settings.weights == "divided"
        work = Work(
            path=path,
            format=format,
            template=causal.template,
            cache=cache,
            folder=folder,
            tokens=training.rows.file,
            texts=texts,
            rejected=rejected,
            facts=facts,
            settings=settings,
            start=start,
            validation=validation if is_divided else (),
            asked=asked if is_divided else (),
        )
        trainer = Trainer(
            causal,
            training.rows,
            texts=texts,
            general=rows.general_rows(causal, settings),
            rejected=rejected,
            validation=validation,
            settings=settings,
            facts=facts,
            start=start,
            team=stack.enter_context(team_for(work)),
        )
        note("Trying a step with the longest question pairs")
        trainer.rehearse()
        note("Answering the questions held back, before anything is learned")
        checkpoints.resume(folder, trainer)
        log = checkpoints.open_log(folder, trainer)
        if trainer.step == 0:
            samples.answer_samples(kept, trainer, asked)

        # 3. Train.
        with log:
            while trainer.team.goes_on(not _is_over(trainer, kept)):
                progress = trainer.take_step()
                checkpoints.append(log, progress)
                if trainer.has_new_best:
                    checkpoints.save_best(folder, trainer)
                if trainer.is_measured or trainer.step == trainer.steps:
                    samples.answer_samples(kept, trainer, asked)
                is_cancelled = _is_cancelled(report, progress)
                if is_cancelled or trainer.step % settings.checkpoint_steps == 0 or trainer.step == trainer.steps:
                    checkpoints.save(folder, trainer)
                if is_cancelled:
                    raise is_cancelled
            trainer.measure()

    # 4. Save: what was learned last, or with keep="best" what had the lowest validation loss.
    chosen_step = checkpoints.choose(folder, trainer)
    checkpoints.write_learned(folder, trainer, path, format)
    metrics = {
        **trainer.metrics(),
        "is_stopped_early": trainer.step < trainer.steps,
        "chosen_step": chosen_step,
        "rows": len(training.rows),
        "rows_too_long": training.too_long + (len(preferences) - len(rejected) if rejected else 0),
        "seconds": round(time.monotonic() - started_s, 1),
    }

    result = TrainingResult(adapter_sha256=sha256_folder(kept.learned), metrics=metrics)
    write_atomic(kept.result, json.dumps(asdict(result), indent=1))

    # 5. Clean up: remove what only an interrupted run needs.
    checkpoints.clean_up(folder)
    return result


def _is_over(trainer: "Trainer", kept: RunFolder) -> bool:
    return trainer.step >= trainer.steps or (trainer.step > 0 and kept.stop_request.exists())


def _stored(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _is_cancelled(report: Callable[[Progress], None], progress: Progress) -> JobCancelled | None:
    try:
        report(progress)
    except JobCancelled as cancelled:
        return cancelled
    return None
