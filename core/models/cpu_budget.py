"""How many cores other programs leave free, to choose the number of threads, and whether they keep the machine busy."""

import os
import time

import psutil

BUSY_SHARE = 0.75  # of the cores: from this much other work on, a training takes nearly twice as long
BUSY = "Other programs keep this machine busy."


class FreeCores:
    """Counts the physical cores that other programs leave free.

    llama.cpp's threads wait for each other by spinning, so speed collapses with one thread more than there are free cores
    (measured on 2 cores, one of them busy: 20 tokens in 0.5 s with 1 thread, in 6.3 s with 2).
    """

    def __init__(self) -> None:
        """Start measuring; the first `count` waits until 0.2 s have passed."""
        self._cores = core_count()
        self._process = psutil.Process()
        self._last = self._now()

    def count(self) -> int:
        """Return the free cores since the last call or the start, at least 1; this process's own usage counts as free."""
        time.sleep(max(0.0, self._last[0] + 0.2 - time.monotonic()))
        now = self._now()
        clock, busy, own = (new - old for new, old in zip(now, self._last, strict=True))
        self._last = now
        others = max(0.0, busy - own) / clock
        return max(1, min(self._cores, int(self._cores - others + 0.3)))

    def _now(self) -> tuple[float, float, float]:
        """Return seconds: monotonic clock, busy time of all processors, busy time of this process."""
        every, own = psutil.cpu_times(), self._process.cpu_times()
        busy = every.user + every.system + getattr(every, "nice", 0.0)
        return time.monotonic(), busy, own.user + own.system


def core_count() -> int:
    """Return how many physical cores this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def is_busy(*, own_threads: int = 0) -> bool:
    """Tell whether other programs keep the machine so busy that work takes about twice as long as it would alone.

    It goes by the load average of the last minute (getloadavg(3)): threads that run or wait to, less `own_threads`. Where a
    system has none, the machine counts as quiet.
    """
    return hasattr(os, "getloadavg") and os.getloadavg()[0] - own_threads >= BUSY_SHARE * core_count()


def thread_count() -> int:
    """Return the physical cores free right now, at least 1. Measures for 0.2 s."""
    return FreeCores().count()
