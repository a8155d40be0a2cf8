"""Compare the base model and the tuned model on held-out questions: scores, intervals, a verdict in words, a report.

`render_report` is in `core.evaluation.report`.
"""

from core.evaluation.bootstrap import Interval
from core.evaluation.comparison import Comparison, EvaluationResult, Graded, Row, evaluate
from core.evaluation.verdict import verdict

__all__ = ["Comparison", "EvaluationResult", "Graded", "Interval", "Row", "evaluate", "verdict"]
