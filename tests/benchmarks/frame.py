"""The frame: a case is a function run in a process of its own; a row puts Garrison's case beside another.

A process of its own gives each case its own peak memory and leaves nothing warm for the next one. The parent
imports nothing heavy: on Linux a process starts with the peak of the one that started it.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from core.offline import OFFLINE_VARIABLES

ROOT = Path(__file__).resolve().parents[2]
BUSY_LOAD = 2.5  # load average from which on a figure says more about the neighbors than about the code
LIMIT_S = 3600.0
PEAK = "peak_mb"  # the figure that every case has: the most memory its process held, shared libraries and mapped files too
KIB_PER_MB = 1e6 / 1024  # ru_maxrss is in KiB on Linux: getrusage(2)


@dataclass(frozen=True, slots=True)
class Case:
    """`function` ("module:name") called with `arguments`; returns `Measured`. `label` is what the table calls it."""

    label: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same for the same call: it is measured once and shown in several rows."""
        return f"{self.function} {json.dumps(self.arguments, sort_keys=True)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a case returns: figures by name, and in words how much work they stand for."""

    figures: dict[str, float]
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: `figure` of `garrison`, and the same figure of what stands beside it."""

    title: str  # with the unit, such as "pages/s, a made PDF"
    figure: str
    garrison: Case
    beside: Case | None = None
    is_lower_better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What is measured under one name."""

    name: str
    title: str
    rows: tuple[Row, ...]
    has_rounds: bool = True  # not where repeating changes nothing and takes long


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of a case. `load` is the 1-minute load average before it, `others_percent` the share of the machine's
    processor time that went to other processes meanwhile.
    """

    figures: dict[str, float]
    detail: str
    load: float
    others_percent: float

    @property
    def is_busy(self) -> bool:
        """The machine had other work: measure again."""
        return self.load > BUSY_LOAD


class CaseFailed(Exception):
    """A case ended without figures; the text holds the end of what it printed."""


def run(benchmark: Benchmark, *, rounds: int = 1, report: Callable[[str], None] = print) -> dict[str, list[Sample]]:
    """Samples of every case of `benchmark` by `Case.key`; rounds alternate between cases, so that all meet the same noise.

    Raises:
        CaseFailed: a case ended without figures.
    """
    samples: dict[str, list[Sample]] = {}
    for _ in range(rounds if benchmark.has_rounds else 1):
        for case in _cases(benchmark):
            report(f"{benchmark.name}: {case.label} …")
            samples.setdefault(case.key, []).append(measure(case))
    return samples


def measure(case: Case) -> Sample:
    """Run `case` once in a process of its own.

    Raises:
        CaseFailed: it ended without figures.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="garrison-benchmark-") as folder:
        result = Path(folder) / "result.json"
        call = json.dumps({"function": case.function, "arguments": case.arguments, "result": str(result)})
        before = psutil.cpu_times()
        done = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-m", "tests.benchmarks.case", call],
            cwd=ROOT,
            env={**os.environ, **OFFLINE_VARIABLES, "TMPDIR": folder},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        after = psutil.cpu_times()
        if done.returncode or not result.exists():
            raise CaseFailed(f"{case.label} failed ({done.returncode}):\n{done.stderr[-2000:]}")
        found = json.loads(result.read_text(encoding="utf-8"))
    return Sample(
        figures=found["figures"],
        detail=found["detail"],
        load=round(load, 2),
        others_percent=_others_percent(before, after, own_s=found["cpu_s"]),
    )


def best(samples: list[Sample], figure: str, *, is_lower_better: bool = False) -> Sample:
    """The sample with the best `figure`: noise only ever slows down."""
    return (min if is_lower_better else max)(samples, key=lambda sample: sample.figures[figure])


def _cases(benchmark: Benchmark) -> Iterator[Case]:
    seen: set[str] = set()
    for row in benchmark.rows:
        for case in (row.garrison, row.beside):
            if case and case.key not in seen:
                seen.add(case.key)
                yield case


def _others_percent(before: Any, after: Any, *, own_s: float) -> float:
    """Share of all cores' time in percent that was busy and not ours."""
    spent = {name: getattr(after, name) - getattr(before, name) for name in before._fields if not name.startswith("guest")}
    idle = spent["idle"] + spent.get("iowait", 0.0)
    whole = sum(spent.values())
    return round(100 * max(0.0, whole - idle - own_s) / whole, 1) if whole else 0.0
