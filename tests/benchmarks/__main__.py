"""`python -m tests.benchmarks [NAME…]`: measure, print tables, and put them into docs/benchmarks.md if asked."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.catalog import benchmarks
from tests.benchmarks.frame import ROOT, Benchmark, CaseFailed, run
from tests.benchmarks.machine import this_machine
from tests.benchmarks.table import Samples, render, update_docs

DOCS = ROOT / "docs" / "benchmarks.md"


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 1 when a case failed."""
    asked = _parsed(arguments)
    names = [benchmark.name for benchmark in benchmarks()]
    if unknown := sorted(set(asked.names) - set(names)):
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(names)}.", file=sys.stderr)
        return 2
    machine, found, failed = this_machine(), {}, False
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    print(f"{machine}\nLoad over 1, 5 and 15 minutes: {load}.\n")
    for benchmark in benchmarks(asked.pdf):
        if asked.names and benchmark.name not in asked.names:
            continue
        try:
            samples = run(benchmark, rounds=asked.rounds, report=lambda line: print(line, file=sys.stderr, flush=True))
        except CaseFailed as error:
            print(f"{benchmark.name}: {error}", file=sys.stderr)
            failed = True
            continue
        text = f"{render(benchmark, samples)}\nMeasured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.\n"
        print(f"## {benchmark.title}\n\n{text}", flush=True)
        found[benchmark.name] = _as_json(benchmark, samples)
        if asked.docs:
            update_docs(asked.docs, benchmark.name, text)
    if asked.docs and found:
        update_docs(asked.docs, "machine", f"{machine}\n")
    if asked.json:
        told = {"machine": asdict(machine), "benchmarks": found}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return int(failed)


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure Garrison on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="a real PDF to read besides the made one")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="run each case N times, the best counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument(
        "--update-docs",
        dest="docs",
        type=Path,
        nargs="?",
        const=DOCS,
        metavar="FILE",
        help="rewrite the tables of what was measured in docs/benchmarks.md",
    )
    return parser.parse_args(arguments)


def _as_json(benchmark: Benchmark, samples: Samples) -> list[dict[str, Any]]:
    labels = {case.key: case.label for row in benchmark.rows for case in (row.garrison, row.beside) if case}
    return [{"case": labels[key], "samples": [asdict(sample) for sample in taken]} for key, taken in samples.items()]


if __name__ == "__main__":
    sys.exit(main())
