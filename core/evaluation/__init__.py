"""Compare the base model and the tuned model, alone and with the passage: scores, intervals, a verdict in words, a report.

`render_report` is in `core.evaluation.report`.
"""

from core.evaluation.bootstrap import Comparison, Interval
from core.evaluation.comparison import (
    COLUMNS,
    Answers,
    Column,
    EvaluationResult,
    Graded,
    Question,
    Row,
    evaluate,
)
from core.evaluation.verdict import Judgement, judge, verdict

__all__ = [
    "COLUMNS",
    "Answers",
    "Column",
    "Comparison",
    "EvaluationResult",
    "Graded",
    "Interval",
    "Judgement",
    "Question",
    "Row",
    "evaluate",
    "judge",
    "verdict",
]
