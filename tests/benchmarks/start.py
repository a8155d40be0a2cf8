"""How long the command line takes to say something, beside an interpreter that does nothing."""

import resource
import subprocess
import sys
import time

from tests.benchmarks.frame import KIB_PER_MB, PEAK, Measured

REPEATS = 3


def start(program: str) -> Measured:
    """Seconds from starting an interpreter with `program` to its end, the best of a few."""
    taken = []
    for _ in range(REPEATS):
        started_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)  # noqa: S603 - this interpreter
        taken.append(time.perf_counter() - started_s)
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Measured(figures={"seconds": min(taken), PEAK: peak_kib / KIB_PER_MB}, detail=f"best of {REPEATS}")
