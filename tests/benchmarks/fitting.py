"""Memory of a training: what the estimate says before anything is loaded, beside what three real steps held at most."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.frame import PEAK, Measured
from tests.benchmarks.material import gguf, question_rows

WORDS = "the ropes, blocks and pins of the winch on the second recovery vehicle are looked at before each shift and ".split()
MB = 1e6


def rows(words: int) -> list[dict[str, str]]:
    """The questions of the sample documents; their answers go on for so many words more."""
    more = " ".join((WORDS * (words // len(WORDS) + 1))[:words])
    return [{**row, "output": f"{row['output']} {more}".strip()} for row in question_rows()]


def settings(changes: Mapping[str, Any]) -> Any:
    """The settings of a training with these changes."""
    from core.settings import TrainingSettings

    rank = changes.get("lora_rank", 16)
    return TrainingSettings.from_values({"lora_rank": rank, "lora_alpha": 2 * rank, **changes})


def measured(*, words: int, **changes: Any) -> Measured:
    """The most that a process held which loaded the embedded model, unpacked by another, and took three steps."""
    from core.training.probe import probe

    with tempfile.TemporaryDirectory() as folder:
        unpacking = "import sys; from pathlib import Path; from core.models.causal import unpack_gguf; "
        unpacking += "unpack_gguf(Path(sys.argv[1]), Path(sys.argv[2]))"
        subprocess.run([sys.executable, "-c", unpacking, str(gguf()), folder], check=True)  # noqa: S603 - this interpreter
        taken = probe(gguf(), "gguf", rows=rows(words), settings=settings(changes), cache=Path(folder))
    return Measured(
        figures={PEAK: taken.peak_memory_bytes / MB, "seconds": taken.seconds_per_step},
        detail=f"longest row {taken.longest_tokens} tokens, {taken.seconds_per_step:.1f} s a step",
    )


def predicted(*, words: int, **changes: Any) -> Measured:
    """What the Train page says before anything is loaded."""
    from core.records import Model
    from core.training.fit import Amount, estimate

    lengths = [len(row["input"]) + len(row["output"]) for row in rows(words)]
    amount = Amount(pairs=len(lengths), facts=len(lengths), characters=sum(lengths), longest_characters=max(lengths))
    model = Model(name="embedded", path=str(gguf()), format="gguf", size_bytes=gguf().stat().st_size, sha256="")
    fit = estimate(model, settings(changes), amount=amount, tokens_per_s=0.0, free_memory_bytes=1e12, free_disk_bytes=1e12)
    return Measured(figures={PEAK: fit.memory_bytes / MB}, detail="from the file's size, nothing loaded")
