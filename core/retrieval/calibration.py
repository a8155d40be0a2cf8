"""The fit of sources below which a question counts as not answered by the documents, chosen on questions of both kinds."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_REFUSED = 0.15  # share of answerable questions that a threshold may refuse, where it is chosen
FEWEST = 10  # questions of each kind: fewer give no rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A threshold and how often it is wrong, on questions that it was not chosen with.

    Attributes:
        threshold: questions whose sources fit less are refused; 0 to 1.
        refused: share of the answerable questions that are refused all the same; None if not measured.
        answered: share of the others that are answered all the same; None if not measured.
        answerable: how many questions that the documents answer were asked.
        others: how many questions that they do not answer were asked.
    """

    threshold: float
    refused: float | None = None
    answered: float | None = None
    answerable: int = 0
    others: int = 0


def calibrated(answerable: Sequence[float], others: Sequence[float]) -> Calibration:
    """Choose a threshold on every second question of each kind, and measure it on the rest.

    Args:
        answerable: the fits of N questions that the documents answer.
        others: the fits of M questions that they do not.
    """
    threshold = _best(answerable[::2], others[::2])
    measured, measured_others = answerable[1::2], others[1::2]
    return Calibration(
        threshold=threshold,
        refused=sum(fit < threshold for fit in measured) / len(measured),
        answered=sum(fit >= threshold for fit in measured_others) / len(measured_others),
        answerable=len(answerable),
        others=len(others),
    )


def _best(answerable: Sequence[float], others: Sequence[float]) -> float:
    """Return the threshold with the fewest errors of both kinds that refuses no more of the answerable than it may."""
    allowed = [fit for fit in sorted({0.0, *answerable, *others}) if _below(answerable, fit) <= MOST_REFUSED]
    return min(allowed, key=lambda fit: _below(answerable, fit) - _below(others, fit))


def _below(fits: Sequence[float], threshold: float) -> float:
    return sum(fit < threshold for fit in fits) / len(fits)
