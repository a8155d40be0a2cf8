"""How far a share that was counted may lie from the true one by chance, and how likely chance alone is to explain it."""

from math import comb, sqrt

Z_95 = 1.96  # of a two-sided 95 % interval: the .975 quantile of the standard normal distribution, rounded


def wilson(count: int, total: int, *, z: float = Z_95) -> tuple[float, float]:
    """Return both ends of the interval for a share of `count` in `total`, each 0 to 1; all of it if `total` is 0.

    (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n): E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; recommended
    for small n by Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133.
    """
    if total == 0:
        return 0.0, 1.0
    share, z2 = count / total, z**2
    spread = z * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    low, high = ((share + z2 / (2 * total) + side * spread) / (1 + z2 / total) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)


def sign_test(won: int, lost: int) -> float:
    """Return how likely so uneven a result or a more uneven one is if neither is better: the two-sided sign test, 0 to 1."""
    decided = won + lost
    tail = sum(comb(decided, count) for count in range(max(won, lost), decided + 1))
    return min(1.0, float(2 * tail / 2**decided))
