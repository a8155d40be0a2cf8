"""Generate question pairs from approved passages, filter them, read and write them, and split train from held-out.

>>> from core.questions import apply_filters
"""

from core.questions.dataset import split_pairs
from core.questions.filters import FILTERS, Filter, apply_filters, summary
from core.questions.formats import PAIR_FORMATS, PairFormat, pair_format, read_pairs, write_pairs
from core.questions.generation import Candidate, generate_pairs

__all__ = [
    "FILTERS",
    "PAIR_FORMATS",
    "Candidate",
    "Filter",
    "PairFormat",
    "apply_filters",
    "generate_pairs",
    "pair_format",
    "read_pairs",
    "split_pairs",
    "summary",
    "write_pairs",
]
