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
    from core.jobs.stages import evaluation

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train_run(folder)
        subject = evaluation._Subject(
            path=gguf(),
            format="gguf",
            folder=folder,
            template=(folder / "template.jinja").read_text(encoding="utf-8"),
            precision="fp32",
            cache=folder / "cache",
        )
        way = evaluation._by_llama if is_by_llama else evaluation._by_transformers
        evaluation.QUESTIONS_AT_ONCE = evaluation.QUESTIONS_AT_ONCE if is_by_llama else AT_ONCE_BEFORE
        started_s = time.perf_counter()
        sides = way(subject, _rows(), lambda _: None)
        seconds = time.perf_counter() - started_s
    if sides is None:
        raise RuntimeError("llama.cpp cannot load the run")
    words = sum(len(text.split()) for side in sides for text in side.answers)
    losses = ", ".join(f"{sum(side.losses) / QUESTIONS:.4f}" for side in sides)
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
