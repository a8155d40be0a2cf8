"""How large a share may be, given how often something was seen."""

from math import exp, lgamma, log

CONFIDENCE = 0.95
_HALVINGS = 60  # of the interval from 0 to 1: beyond double precision


def upper_bound(found: int, tested: int) -> float:
    """Return the upper end of the one-sided 95 % Clopper-Pearson interval for a share, 0 to 1; 1 if nothing was tested.

    It is the share p with P(at most `found` of `tested` | p) = 5 %: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934)
    404-413. For `found` = 0 this is 1 - 0.05^(1/n), close to the "rule of three" 3/n (Hanley and Lippman-Hand, JAMA 249
    (1983) 1743-1745).
    """
    if found >= tested:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        if _at_most(found, tested, share) > 1 - CONFIDENCE:
            low = share
        else:
            high = share
    return high


def _at_most(found: int, tested: int, share: float) -> float:
    """Return the binomial probability of at most `found` of `tested`; 0 < share < 1."""
    return sum(
        exp(
            lgamma(tested + 1)
            - lgamma(count + 1)
            - lgamma(tested - count + 1)
            + count * log(share)
            + (tested - count) * log(1 - share)
        )
        for count in range(found + 1)
    )
