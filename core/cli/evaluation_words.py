"""An evaluation as `garrison evaluate` prints it, for scripts and for people."""

from typing import Any

from core.cli.shell import plain, table
from core.evaluation import EvaluationResult
from core.evaluation.bootstrap import Interval
from core.evaluation.comparison import Metric
from core.evaluation.forgetting import Forgetting, forgetting_words
from core.evaluation.verdict import NO_UNANSWERABLE
from core.records import Evaluation


def evaluation_json(evaluation: Evaluation, result: EvaluationResult) -> dict[str, Any]:
    """Return an evaluation as it is printed as JSON: the record, and each column's scores with their intervals."""
    names: dict[str, Metric] = {"exact_match": "exact_match", "f1": "token_f1", "rouge_l": "rouge_l", "loss": "loss"}
    if "meaning" in result.scores:
        names["meaning"] = "meaning"
    columns = {
        column: {
            name: _interval_json(interval) for name, metric in names.items() if (interval := result.interval(metric, column))
        }
        for column in result.columns
    }
    record: dict[str, Any] = plain(evaluation)
    return record | {
        "questions": result.question_count,
        "columns": columns,
        "refusal": result.refusal(),
        "trained_on": result.trained_count,
        "too_long": list(result.too_long),
        "forgetting": _forgetting_json(result.forgetting) if result.forgetting else None,
    }


def _interval_json(interval: Interval) -> dict[str, float]:
    return {"value": interval.mean, "low": interval.low, "high": interval.high}


def _forgetting_json(found: Forgetting) -> dict[str, Any]:
    """Return both measures of general knowledge; one that could not be taken is None."""
    perplexity, right = found.perplexity, found.right
    return {
        "is_worse": found.is_worse,
        "perplexity": perplexity
        and {name: _interval_json(getattr(perplexity, name)) for name in ("base", "tuned", "ratio")},
        "questions": right
        and {"count": len(found.answers)}
        | {name: _interval_json(getattr(right, name)) for name in ("base", "tuned", "difference")},
    }


def evaluation_text(evaluation: Evaluation, result: EvaluationResult) -> str:
    """Return an evaluation as people read it: the verdict, then the scores and outcomes of each column."""
    rows = []
    for column in result.columns:
        intervals = {metric: result.interval(metric, column) for metric in result.scores}
        scores = {metric: f"{interval.mean:.3f}" for metric, interval in intervals.items() if interval}
        rows.append({"answers of": column.replace("_", " ")} | scores)
    counts = [
        {"questions": name, "answers of": column.replace("_", " ")} | dict(counted_outcomes)
        for name, by_column in result.refusal().items()
        for column, counted_outcomes in by_column.items()
        if sum(counted_outcomes.values())
    ]
    note = "" if any(not row.asked.is_answerable for row in result.rows) else NO_UNANSWERABLE
    general = forgetting_words(result.forgetting) if result.forgetting else ""
    return "\n\n".join(filter(None, (evaluation.verdict, table(rows, empty=""), table(counts, empty=""), note, general)))
