"""Evaluating a run on 60 questions: by llama.cpp, many at once, against the same by transformers as before."""

import tempfile
import time
from pathlib import Path

from tests.benchmarks.agreeing import train_run
from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf, paragraphs, question_rows

QUESTIONS = 60
AT_ONCE_BEFORE = 8


def by_llama() -> Measured:
    """As the job evaluates: base and run, each in a process that answers and measures many questions at once."""
    return _evaluated(is_by_llama=True)


def by_transformers() -> Measured:
    """As the job did before, and does where llama.cpp does not know the family of models, then twice as many at a time."""
    return _evaluated(is_by_llama=False)


def _evaluated(*, is_by_llama: bool) -> Measured:
    from core.services.training import answering

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train_run(folder)
        subject = answering.Subject(
            path=gguf(),
            format="gguf",
            folder=folder,
            template=(folder / "template.jinja").read_text(encoding="utf-8"),
            precision="fp32",
            cache=folder / "cache",
        )
        way = answering.by_llama if is_by_llama else answering.by_transformers
        answering.QUESTIONS_AT_ONCE = answering.QUESTIONS_AT_ONCE if is_by_llama else AT_ONCE_BEFORE
        sides = answering.Sides()
        started_s = time.perf_counter()
        way(subject, _rows(), sides, lambda _: None)
        seconds = time.perf_counter() - started_s
    words = sum(len(text.split()) for side in sides.both() for text in side.answers)
    losses = ", ".join(f"{sum(side.losses) / QUESTIONS:.4f}" for side in sides.both())
    detail = f"{words:,} words in {2 * QUESTIONS} answers, losses of base and run {losses}"
    return Measured(figures={"seconds": seconds}, detail=detail)


def _rows() -> list[dict[str, str]]:
    """The questions of the sample documents, then its paragraphs to be put in other words."""
    rows = [{"input": row["input"], "output": row["output"]} for row in question_rows()]
    rows += [
        {"input": f"Say in one sentence: {text}", "output": text.split(". ")[0]}
        for text in paragraphs()
        if 40 < len(text) < 600
    ]
    return rows[:QUESTIONS]
