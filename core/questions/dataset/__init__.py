"""Freeze question pairs as a dataset version: split them, measure what leaks, describe and compare versions."""

from core.questions.dataset.card import TESTED, Card, card_of
from core.questions.dataset.comparison import Comparing, Comparison, comparison_of
from core.questions.dataset.difference import Difference, Frozen, difference
from core.questions.dataset.leak import Leak, leak_between, leak_of
from core.questions.dataset.split import Sides, Split, sides_of, split_dataset, split_pairs
from core.questions.dataset.thinning import thinned

__all__ = [
    "TESTED",
    "Card",
    "Comparing",
    "Comparison",
    "Difference",
    "Frozen",
    "Leak",
    "Sides",
    "Split",
    "card_of",
    "comparison_of",
    "difference",
    "leak_between",
    "leak_of",
    "sides_of",
    "split_dataset",
    "split_pairs",
    "thinned",
]
