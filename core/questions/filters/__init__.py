"""Filters that decide which question pairs are kept, and the reason for each pair that is dropped; a file each.

The order of `FILTERS` decides which reason a pair with several faults gets. `DROP_REASONS` lists every reason.
"""

from core.questions.filters.filter import Case, DropReason, Filter, Rule, each
from core.questions.filters.judging import (
    Judging,
    apply_filters,
    case_of,
    each_judged,
    judged_reasons,
    nothing_kept,
    summary,
)
from core.questions.filters.registry import (
    BY_HAND,
    DROP_REASONS,
    DUPLICATE,
    FILTERS,
    LEFT_OVER,
    NOT_FOUND,
    check_names,
    drop_reason,
)
from core.questions.filters.repeats.index import QuestionIndex
from core.questions.filters.words import normalized

__all__ = [
    "BY_HAND",
    "DROP_REASONS",
    "DUPLICATE",
    "FILTERS",
    "LEFT_OVER",
    "NOT_FOUND",
    "Case",
    "DropReason",
    "Filter",
    "Judging",
    "QuestionIndex",
    "Rule",
    "apply_filters",
    "case_of",
    "check_names",
    "drop_reason",
    "each",
    "each_judged",
    "judged_reasons",
    "normalized",
    "nothing_kept",
    "summary",
]
