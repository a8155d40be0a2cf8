"""Evaluations without a model: given answers to given questions, graded as an evaluation grades them."""

from collections.abc import Sequence
from typing import Any

from core.evaluation import Answers, EvaluationResult, Question, evaluate

Rows = Sequence[dict[str, Any]]  # `input`, `output`, and fields of `Question`


def questions_of(rows: Rows) -> list[Question]:
    told = ({name: value for name, value in row.items() if name not in ("input", "output")} for row in rows)
    return [
        Question(**{"number": number, "question": row["input"], "reference": row["output"]} | more)
        for number, (row, more) in enumerate(zip(rows, told, strict=True), start=1)
    ]


def graded(
    rows: Rows,
    base: Sequence[str],
    tuned: Sequence[str],
    *,
    base_with_passage: Sequence[str] | None = None,
    tuned_with_passage: Sequence[str] | None = None,
    base_losses: Sequence[float] | None = None,
    tuned_losses: Sequence[float] | None = None,
    has_passages: bool = True,
    **more: Any,
) -> EvaluationResult:
    """Grade the answers; those with a passage are the same as those without, unless given."""
    base_losses, tuned_losses = base_losses or [3.0] * len(base), tuned_losses or [3.0] * len(tuned)
    columns = {"base": Answers(base, base_losses), "tuned": Answers(tuned, tuned_losses)}
    if has_passages:
        columns["base_with_passage"] = Answers(base if base_with_passage is None else base_with_passage, base_losses)
        columns["tuned_with_passage"] = Answers(tuned if tuned_with_passage is None else tuned_with_passage, tuned_losses)
    return evaluate(questions_of(rows), columns, **more)  # type: ignore[arg-type]
