"""Figures as Markdown: on the terminal and, between marks, in docs/benchmarks.md."""

import re
from pathlib import Path

from tests.benchmarks.frame import BUSY_LOAD, PEAK, Benchmark, Case, Row, Sample, best

HEAD = ("measured", "Garrison", "peak MB", "beside it", "figure", "peak MB", "ratio")
Samples = dict[str, list[Sample]]


def render(benchmark: Benchmark, samples: Samples) -> str:
    """The benchmark's table, what the figures stand for, and how busy the machine was. `*` marks a busy machine."""
    lines = [_line(row, samples) for row in benchmark.rows]
    widths = [max(map(len, column)) for column in zip(HEAD, *lines, strict=True)]
    table = [_joined(HEAD, widths), "|" + "|".join("-" * (width + 2) for width in widths) + "|"]
    table += [_joined(line, widths) for line in lines]
    return "\n".join([*table, "", *_details(benchmark, samples)]) + "\n"


def update_docs(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks `<!-- figures: NAME -->` and `<!-- end of NAME -->` of the file.

    Raises:
        LookupError: the file has no such marks.
    """
    content = path.read_text(encoding="utf-8")
    begin, end = f"<!-- figures: {name} -->\n", f"<!-- end of {name} -->"
    found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    changed, count = found.subn(lambda _: begin + text + end, content)
    if count != 1:
        raise LookupError(f"{path.name} has no place for the figures of {name}.")
    path.write_text(changed, encoding="utf-8")


def _line(row: Row, samples: Samples) -> tuple[str, ...]:
    own = best(samples[row.garrison.key], row.figure, is_lower_better=row.is_lower_better)
    left = (row.title, _figure(own, row.figure), _peak(samples[row.garrison.key]))
    if row.beside is None:
        return (*left, "", "", "", "")
    other = best(samples[row.beside.key], row.figure, is_lower_better=row.is_lower_better)
    ratio = own.figures[row.figure] / other.figures[row.figure]
    return (*left, row.beside.label, _figure(other, row.figure), _peak(samples[row.beside.key]), f"{ratio:.2f}")


def _figure(sample: Sample, figure: str) -> str:
    return f"{number(sample.figures[figure])}{'*' if sample.is_busy else ''}"


def _peak(samples: list[Sample]) -> str:
    return number(max(sample.figures[PEAK] for sample in samples))


def number(value: float) -> str:
    """Three digits, thousands set apart: 12,300; 45.6; 0.123."""
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2 if value >= 0.9995 else 3
    rounded = round(value, -max(0, len(str(int(value))) - 3)) if digits == 0 else value
    return f"{rounded:,.{digits}f}"


def _joined(cells: tuple[str, ...], widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _details(benchmark: Benchmark, samples: Samples) -> list[str]:
    cases: dict[str, Case] = {}
    for row in benchmark.rows:
        cases.update({case.key: case for case in (row.garrison, row.beside) if case})
    details = []
    for key, case in cases.items():
        taken = samples[key]
        loads = ", ".join(f"{sample.load:.1f}{'*' if sample.is_busy else ''}" for sample in taken)
        others = ", ".join(f"{sample.others_percent:.0f} %" for sample in taken)
        work = f"{taken[-1].detail}; " if taken[-1].detail else ""
        details.append(f"* {case.label}: {work}load before it {loads}; others used {others} of the processors")
    if any(sample.is_busy for taken in samples.values() for sample in taken):
        details.append(f"* `*`: measured at a load above {BUSY_LOAD}, to be measured again")
    return details
