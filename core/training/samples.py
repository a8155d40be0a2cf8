"""A few questions that are answered again and again while a run trains, so that a person sees it learn."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.files import write_atomic
from core.models.conversation import asked, prompt_tokens
from core.run_folder import RunFolder

if TYPE_CHECKING:
    from core.models.causal import CausalModel
    from core.training.loop import Trainer

MAX_TOKENS = 40


def sample_questions(causal: "CausalModel", rows: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """Return `count` rows that ask for different facts, spread over all of them, and that the model has room to answer."""
    room = causal.context_tokens - MAX_TOKENS
    distinct = list({row.get("fact") or row["input"]: row for row in reversed(rows)}.values())[::-1]
    step = max(1, len(distinct) // count) if count else 1
    spread = (row for first in range(step) for row in distinct[first::step])
    fitting = (row for row in spread if len(prompt_tokens(causal.vocabulary, causal.template, asked(row))) < room)
    return list(islice(fitting, count))  # no more rows are tokenized than are needed


def answer_samples(kept: RunFolder, trainer: "Trainer", rows: Sequence[Mapping[str, Any]]) -> None:
    """Append how the model answers `rows` at this step; what a resumed run answered later than that is dropped."""
    if not rows:
        return
    answers = answers_now(trainer, rows)
    told = [
        {"question": row["input"], "reference": row["output"], "answer": answer}
        for row, answer in zip(rows, answers, strict=True)
    ]
    before = [each for each in read_samples(kept) if each["step"] < trainer.step]
    lines = [json.dumps(each, ensure_ascii=False) for each in (*before, {"step": trainer.step, "answers": told})]
    write_atomic(kept.samples, "".join(f"{line}\n" for line in lines))


def answers_now(trainer: "Trainer", rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return how the model answers `rows` at this step; where its weights are divided, all processes ask at once."""
    from core.models.decoding import generate_batch

    was_training = trainer.model.training
    trainer.model.eval()
    try:
        with trainer.team.together():
            return generate_batch(trainer.causal, [asked(row) for row in rows], max_tokens=MAX_TOKENS)
    finally:
        trainer.model.train(was_training)


def read_samples(kept: RunFolder) -> list[dict[str, Any]]:
    """Return what was answered so far, oldest first: `step`, and `answers` with `question`, `reference` and `answer`."""
    lines = kept.samples.read_text(encoding="utf-8").splitlines() if kept.samples.exists() else []
    return [json.loads(line) for line in lines]
