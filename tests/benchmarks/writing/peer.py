"""synthetic-data-kit, a program of its own (https://github.com/meta-llama/synthetic-data-kit), with its default settings.

It is given the same text, with a blank line after each paragraph, where it cuts its chunks, and is asked for as many pairs
as the plain loop. Its start, of a few seconds, counts in its time.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.questions.writers.replies import read_items
from core.questions.writers.writer import Candidate, Excerpt
from tests.benchmarks.writing.judging import Written, foreign_candidate, judged
from tests.benchmarks.writing.plain_loop import PAIRS
from tests.benchmarks.writing.served_model import MODEL
from tests.benchmarks.writing.spent import Spent, spent_so_far


def peer(program: Path, excerpts: Sequence[Excerpt], address: str) -> Iterator[tuple[str, Written]]:
    """Yield what `create` makes with the model at `address`, and what `curate` leaves of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document, created, curated = folder / "text.txt", folder / "text_qa_pairs.json", folder / "curated.json"
        document.write_text(text_of(excerpts), encoding="utf-8")
        asked = ["--api-base", address, "--model", MODEL]
        steps = (
            ("create", created, ["create", document, "--type", "qa", "-n", PAIRS * len(excerpts), "-o", folder, *asked]),
            ("create, curate", curated, ["curate", created, "-o", curated, *asked]),
        )
        spent = Spent(wall_s=0, processor_s=0)
        for title, result, arguments in steps:
            started = spent_so_far()
            _run([str(program), *map(str, arguments), "--verbose"], folder)
            spent += spent_so_far() - started
            assert created.exists(), "synthetic-data-kit wrote no file."
            yield f"synthetic-data-kit {title}", judged(candidates_of(result, excerpts), spent)


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a step. It exits with 0 whatever happens, but requests that failed must not pass for pairs it did not write."""
    done = subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    told = done.stdout + done.stderr
    assert "API error" not in told, told[-2000:]


def text_of(excerpts: Sequence[Excerpt]) -> str:
    """Return the passages as one text with a blank line between paragraphs."""
    return "\n\n".join(line for each in excerpts for line in each.passage.text.splitlines() if line.strip())


def candidates_of(result: Path, excerpts: Sequence[Excerpt]) -> list[Candidate]:
    """Read the pairs that a step of the program wrote; it writes no file if there was nothing to curate."""
    told = result.read_text(encoding="utf-8") if result.exists() else ""
    passages = [each.passage for each in excerpts]
    return [foreign_candidate(item, passages) for item in read_items(told, "qa_pairs", ("question", "answer")) or ()]
