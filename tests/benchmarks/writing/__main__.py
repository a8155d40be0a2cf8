"""`python -m tests.benchmarks.writing FILE … [--peer PROGRAM]`: question pairs from 15,000 characters of each document.

Beside Garrison's guided writer stand the plain loop (`plain_loop.py`) and, with `--peer`, synthetic-data-kit (`peer.py`):
PROGRAM is its `synthetic-data-kit` in an environment of its own. Both ask the embedded model through one server. All are
judged alike (`judging.py`).
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.questions.writers.writer import Excerpt
from tests.benchmarks.writing.excerpts import excerpts_of
from tests.benchmarks.writing.garrison import guided
from tests.benchmarks.writing.judging import Written, figures
from tests.benchmarks.writing.peer import peer
from tests.benchmarks.writing.plain_loop import plain_loop
from tests.benchmarks.writing.served_model import served_model


def main() -> None:
    """Print a table in Markdown; with `--rows FOLDER`, keep the kept pairs there as JSONL."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.writing", description="Measure ways of writing pairs.")
    parser.add_argument("documents", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--peer", type=Path, metavar="PROGRAM", help="synthetic-data-kit's program")
    parser.add_argument("--rows", type=Path, metavar="FOLDER", help="keep the kept pairs of each way there")
    asked = parser.parse_args()
    titles: list[str] = []
    with served_model() as address:
        for path in asked.documents:
            excerpts = excerpts_of(path)
            for way, written in ways(excerpts, address, asked.peer):
                told = figures(written, excerpts)
                if not titles:
                    titles = list(told)
                    print(f"| document | way | {' | '.join(titles)} |\n|---|---|{'---|' * len(titles)}")
                print(f"| {path.name} | {way} | {' | '.join(map(_shown, told.values()))} |", flush=True)
                print(f"  kinds: {dict(Counter(pair.kind for pair in written.kept).most_common())}", file=sys.stderr)
                if asked.rows:
                    keep(written, asked.rows / f"{path.stem}-{way.replace(', ', '-').replace(' ', '-')}.jsonl")


def ways(excerpts: Sequence[Excerpt], address: str, program: Path | None) -> Iterator[tuple[str, Written]]:
    """Yield what each way makes of the passages."""
    yield "Garrison", guided(excerpts)
    yield "plain loop", plain_loop(excerpts, address)
    if program:
        yield from peer(program, excerpts, address)


def keep(written: Written, path: Path) -> None:
    """Write the kept pairs to `path`."""
    rows = [
        {"question": pair.input, "answer": pair.output, "quote": pair.quote, "kind": pair.kind, "wording": pair.wording}
        for pair in written.kept
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


if __name__ == "__main__":
    main()
