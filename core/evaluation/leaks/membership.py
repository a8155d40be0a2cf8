"""Membership: whether it can be told from a model's losses which rows it was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.bootstrap import RESAMPLES, Interval, two_sample_intervals

LEAST_ROWS = 10  # of either kind: with fewer, nothing is concluded
FALSE_SHARE = 0.01  # of held-out rows that may be taken for trained ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """How well rows that were trained on are told from held-out ones by the ratio of the losses, tuned to base.

    `auc` is the chance that a trained row looks more like one than a held-out row does: .5 is guessing, 1 is certain.
    `caught` is the share of trained rows recognized when at most FALSE_SHARE of the held-out rows are taken for such.
    """

    trained: int
    held_out: int
    auc: Interval
    caught: Interval
    is_same_documents: bool  # both kinds come from the same documents, so that only having been trained on differs

    @property
    def is_enough(self) -> bool:
        """Whether there were rows enough to conclude anything."""
        return min(self.trained, self.held_out) >= LEAST_ROWS


def loss_ratios(tuned: Sequence[float], base: Sequence[float]) -> list[float]:
    """Return tuned / base for each row, both in nats per token: the lower, the more was learned about this row.

    Dividing by the loss of a reference model takes out how easy a text is by itself: Carlini et al., Extracting Training
    Data from Large Language Models (USENIX Security 2021), section 5.1; Mireshghallah et al., EMNLP 2022.
    """
    return [one / max(other, 1e-6) for one, other in zip(tuned, base, strict=True)]


def membership(
    trained: Sequence[float],
    held_out: Sequence[float],
    *,
    is_same_documents: bool = True,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Membership:
    """Measure how well loss ratios tell trained rows from held-out ones, with 95 % bootstrap intervals.

    Args:
        trained: ratios of rows trained on, shape (N,), N at least 1.
        held_out: ratios of held-out rows, shape (M,), M at least 1.
        is_same_documents: whether both come from the same documents.
        seed: of the bootstrap.
        resamples: of the bootstrap.
    """
    auc, caught = two_sample_intervals(trained, held_out, (area, caught_share), seed=seed, resamples=resamples)
    return Membership(
        trained=len(trained), held_out=len(held_out), auc=auc, caught=caught, is_same_documents=is_same_documents
    )


def area(trained: np.ndarray, held_out: np.ndarray) -> float:
    """Return the area under the ROC curve: the share of pairs in which the trained row has the lower ratio, ties half.

    Mann and Whitney, Annals of Mathematical Statistics 18 (1947) 50-60; Hanley and McNeil, Radiology 143 (1982) 29-36.
    """
    others = np.sort(held_out)
    above = len(others) - np.searchsorted(others, trained, side="right")
    ties = np.searchsorted(others, trained, side="right") - np.searchsorted(others, trained, side="left")
    return float((above + ties / 2).mean() / len(others))


def caught_share(trained: np.ndarray, held_out: np.ndarray) -> float:
    """Return the true positives at FALSE_SHARE false ones: what an attack is worth that must not accuse wrongly.

    Carlini et al., Membership Inference Attacks From First Principles (IEEE S&P 2022), section III. With fewer than 100
    held-out rows, not one may be taken for a trained row.
    """
    threshold = np.sort(held_out)[int(FALSE_SHARE * len(held_out))]
    return float((trained < threshold).mean())
