"""How far the writing of question pairs is: one figure from the first passage to the last filter."""

import time
from collections.abc import Callable

FINISHING_S = 0.0006  # for a pair, once all are examined: 0.8 s for the 1,444 of the sample project on 2 cores


class Pace:
    """How much of the time that a job takes is over, by the time that its passages took so far.

    Reading, writing and examining go on together, a few passages at a time, so that one pace holds for all of them. What
    the job found done when it began is no part of it: it took no time.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Begin to count the time; getting ready, such as loading a model, belongs to it."""
        self._clock_s = clock_s
        self._began_s = self._ready_s = clock_s()
        self._passages = self._written = self._pairs = 0
        self._percent = 0.0

    def begin(self, passages: int) -> None:
        """Begin to write about so many passages: all is ready."""
        self._passages, self._ready_s = passages, self._clock_s()

    def wrote(self, *, passages: int, pairs: int) -> None:
        """Note that so many passages more are written about and examined, and how many pairs came of it."""
        self._written += passages
        self._pairs += pairs

    @property
    def written(self) -> int:
        """How many passages were written about since the beginning."""
        return self._written

    @property
    def passages(self) -> int:
        """How many passages are to be written about in all, since the beginning."""
        return self._passages

    def percent(self) -> float:
        """Return how much of the whole time is over, in percent; it never goes back."""
        if self._written:
            now_s, ahead = self._clock_s(), self._passages / self._written
            left_s = (now_s - self._ready_s) * (ahead - 1) + FINISHING_S * self._pairs * ahead
            spent_s = now_s - self._began_s
            self._percent = max(self._percent, 100 * spent_s / ((spent_s + left_s) or 1))
        return self._percent
