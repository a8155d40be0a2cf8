"""How many cores other programs leave free, to choose the number of threads for inference."""

import os
import time

import psutil


class FreeCores:
    """Counts the physical cores that other programs leave free.

    llama.cpp's threads wait for each other by spinning, so speed collapses with one thread more than there are free cores
    (measured on 2 cores, one of them busy: 20 tokens in 0.5 s with 1 thread, in 6.3 s with 2).
    """

    def __init__(self) -> None:
        """Start measuring; the first `count` waits until 0.2 s have passed."""
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._cores = min(allowed, psutil.cpu_count(logical=False) or allowed)
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


def thread_count() -> int:
    """Return the physical cores free right now, at least 1. Measures for 0.2 s."""
    return FreeCores().count()
