"""Freeze question pairs as a dataset version: split them, measure what leaks, describe and compare versions."""

from core.questions.dataset.card import Card, card_of
from core.questions.dataset.difference import Difference, Frozen, difference
from core.questions.dataset.leak import Leak, leak_between
from core.questions.dataset.split import Split, split_dataset, split_pairs
from core.questions.dataset.thinning import thinned

__all__ = [
    "Card",
    "Difference",
    "Frozen",
    "Leak",
    "Split",
    "card_of",
    "difference",
    "leak_between",
    "split_dataset",
    "split_pairs",
    "thinned",
]
