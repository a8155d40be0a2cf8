"""Generate question pairs from approved passages, filter them, read and write them, and split train from held-out.

>>> from core.questions import apply_filters
"""

from core.questions.dataset import split_pairs
from core.questions.filters import BY_HAND, DROP_REASONS, FILTERS, DropReason, Filter, apply_filters, drop_reason, summary
from core.questions.formats import (
    PAIR_FORMATS,
    PairFormat,
    inspect_file,
    pair_format,
    read_conversations,
    read_pairs,
    write_pairs,
)
from core.questions.kinds import KINDS
from core.questions.writers.registry import WRITERS, find_writer
from core.questions.writers.writer import Candidate, Excerpt, Writer

__all__ = [
    "BY_HAND",
    "DROP_REASONS",
    "FILTERS",
    "KINDS",
    "PAIR_FORMATS",
    "WRITERS",
    "Candidate",
    "DropReason",
    "Excerpt",
    "Filter",
    "PairFormat",
    "Writer",
    "apply_filters",
    "drop_reason",
    "find_writer",
    "inspect_file",
    "pair_format",
    "read_conversations",
    "read_pairs",
    "split_pairs",
    "summary",
    "write_pairs",
]
