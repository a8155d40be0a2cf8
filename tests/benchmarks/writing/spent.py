"""Time spent: on the clock, and by processors, which other programs on the machine stretch less."""

import time
from dataclasses import dataclass
from typing import Self

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds on the clock, and of processor time."""

    wall_s: float
    processor_s: float

    def __add__(self, other: Self) -> "Spent":
        return Spent(wall_s=self.wall_s + other.wall_s, processor_s=self.processor_s + other.processor_s)

    def __sub__(self, other: Self) -> "Spent":
        return Spent(wall_s=self.wall_s - other.wall_s, processor_s=self.processor_s - other.processor_s)


def spent_so_far() -> Spent:
    """Return the clock, and the processor time of this process and of all that it has started."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    ended = sum(each.children_user + each.children_system for each in times)
    return Spent(wall_s=time.perf_counter(), processor_s=ended + sum(each.user + each.system for each in times))
