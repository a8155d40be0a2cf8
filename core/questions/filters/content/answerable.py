"""Not answerable: a model that has the passage before it answers otherwise. Whether it is measured is up to people.

A question that the model answers without the passage is known before; such pairs are counted, and never dropped.
"""

from core.questions.filters.filter import Case, DropReason, Filter, each
from core.records import PairMeasures
from core.settings import FilterSettings


def _is_not_answerable(case: Case, settings: FilterSettings) -> bool:
    score = case.measures.with_passage
    return score is not None and case.pair.kind != "unanswerable" and score < settings.min_answered


def is_known(measures: PairMeasures, settings: FilterSettings) -> bool:
    """Return whether the model knew the answer without the passage, so that the pair teaches it little."""
    return measures.without_passage is not None and measures.without_passage >= settings.max_known


NOT_ANSWERABLE = Filter(
    DropReason(
        "not answerable",
        "The model read the passage and gave another answer. It has to answer the questions first, see below.",
        title="Model answers otherwise",
    ),
    each(_is_not_answerable),
    thresholds=("min_answered",),
    is_on=False,  # a small model's answers say more of the model than of the pair
)
