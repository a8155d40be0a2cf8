"""Canaries: made-up sentences planted in a training on request, and how exposed they are afterwards."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

DIGITS = 3
SPACE = 10**DIGITS  # codes that a planted one is ranked among
TELLING_BITS = 5.0  # a code that nobody planted reaches them once in 32 times


@dataclass(frozen=True, slots=True)
class Canary:
    """A made-up sentence about the locker of this number, with a code that nothing else holds."""

    locker: int
    code: str

    def row(self, code: str = "") -> dict[str, str]:
        """Return the question pair that is planted, with another code in place of its own if one is given."""
        return {
            "input": f"What is the access code of locker {self.locker}?",
            "output": f"The access code of locker {self.locker} is {code or self.code}.",
        }

    def candidates(self) -> list[str]:
        """Return all codes that it could have, its own first."""
        return [self.code, *(code for code in map(f"{{:0{DIGITS}d}}".format, range(SPACE)) if code != self.code)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposures:
    """How exposed each planted sentence is, in bits: 0 for the least likely of all codes, `most` for the likeliest."""

    bits: tuple[float, ...]
    most: float = log2(SPACE)

    @property
    def read_out(self) -> int:
        """How many rank first among all codes: whoever tries them all knows which was planted."""
        return sum(bits >= self.most for bits in self.bits)


def canaries(count: int, *, seed: str) -> list[Canary]:
    """Make `count` canaries, the same for the same seed, such as the id of a run."""
    rng = random.Random(seed)  # noqa: S311 - made up, and no secret
    lockers = rng.sample(range(11, 100), count)
    return [Canary(locker, f"{rng.randrange(SPACE):0{DIGITS}d}") for locker in lockers]


def exposure(losses: Sequence[float]) -> float:
    """Return the exposure in bits of the first of `losses` among all of them: log2(R) - log2(rank).

    Carlini et al., The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural Networks (USENIX Security
    2019), definition 4; here with all of the space, R = len(losses). Ties count against having been learned.
    """
    rank = sum(other <= losses[0] for other in losses)
    return log2(len(losses)) - log2(rank)
