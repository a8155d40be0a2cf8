"""How far a training is, as a share of the time it takes, by the time that its last steps took."""

import time
from collections import deque
from collections.abc import Callable

RECENT_STEPS = 20  # whose time tells what the next ones take; measurements and checkpoints among them count
WOBBLE_PERCENT = 3.0  # the figure goes back only if by more than this: the machine has become slower


class Pace:
    """How much of the time of a training is over.

    Whoever divides the time since the beginning by this figure gets the time that is left. It is not the share of the steps:
    loading the model takes time too, and a machine that others use becomes slower.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Begin to count the time; getting ready, such as loading the model, belongs to it."""
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT_STEPS + 1)  # steps taken, and when
        self._percent = 0.0

    def stepped(self, step: int, steps: int) -> float:
        """Note that `step` of `steps` are taken; return how much of the whole time is over, in percent.

        That is 0 until two steps were taken: the first one alone, which also warms up, tells nothing of the others.
        """
        now_s = self._clock_s()
        self._recent.append((step, now_s))
        first, since_s = self._recent[0]
        if step > first:
            left_s = (steps - step) * (now_s - since_s) / (step - first)
            spent_s = now_s - self._began_s
            percent = 100 * spent_s / ((spent_s + left_s) or 1)
            if not self._percent - WOBBLE_PERCENT < percent < self._percent:
                self._percent = percent
        return self._percent
