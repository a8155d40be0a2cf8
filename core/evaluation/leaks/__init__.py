"""Leak test of a tuned model: what it gives away, from what was seen of it; asks no model itself."""

from core.evaluation.leaks.bounds import upper_bound
from core.evaluation.leaks.canaries import Canary, Exposures, canaries, exposure
from core.evaluation.leaks.extraction import Attempt, Extraction, Ranking, TypeCount, extraction, rank_of
from core.evaluation.leaks.membership import Membership, loss_ratios, membership
from core.evaluation.leaks.report import LIGHT_WORDS, NOT_TESTED, Finding, LeakTest, Light, card_sentences

__all__ = [
    "LIGHT_WORDS",
    "NOT_TESTED",
    "Attempt",
    "Canary",
    "Exposures",
    "Extraction",
    "Finding",
    "LeakTest",
    "Light",
    "Membership",
    "Ranking",
    "TypeCount",
    "canaries",
    "card_sentences",
    "exposure",
    "extraction",
    "loss_ratios",
    "membership",
    "rank_of",
    "upper_bound",
]
