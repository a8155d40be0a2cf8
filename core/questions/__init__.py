"""Approved passages → question pairs → filters; pairs in and out of files; the split into train and held-out.

>>> from core.questions import apply_filters
"""

from core.questions.dataset import split_pairs
from core.questions.filters import FILTERS, Filter, apply_filters, summary
from core.questions.formats import read_pairs, write_pairs
from core.questions.generation import Candidate, generate_pairs

__all__ = [
    "FILTERS",
    "Candidate",
    "Filter",
    "apply_filters",
    "generate_pairs",
    "read_pairs",
    "split_pairs",
    "summary",
    "write_pairs",
]
