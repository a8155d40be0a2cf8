"""Evaluating a run on 60 questions: by llama.cpp, many at once, against the same by transformers as before.

`python -m tests.benchmarks.evaluating` measures four columns, as an evaluation has them: each question alone and with one of
the sample documents' passages, two or three questions to a passage; then the general set alone, and both together.
"""

import os
import tempfile
import time
from pathlib import Path

from core.evaluation.open_book import Source
from core.records import Passage
from core.services.training import answering
from core.services.training.evaluation import general_set
from core.storage.passage_search import PassageSearch
from tests.benchmarks.agreeing import train_run
from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf, paragraphs, question_rows

QUESTIONS = 60
AT_ONCE_BEFORE = 8
LONG = 800  # characters, from which a passage is full


def by_llama() -> Measured:
    """As the job evaluates: base and run, each in a process that answers and measures many questions at once."""
    return _evaluated(_asked(has_passages=False), is_by_llama=True)


def by_transformers() -> Measured:
    """As the job did before, and does where llama.cpp does not know the family of models, then twice as many at a time."""
    return _evaluated(_asked(has_passages=False), is_by_llama=False)


def _evaluated(asked: list[answering.Asked], *, is_by_llama: bool) -> Measured:
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
        way(subject, asked, sides, lambda _: None)
        seconds = time.perf_counter() - started_s
    told = [(text or "", loss or 0.0) for side in sides.both() for text, loss in zip(side.answers, side.losses, strict=True)]
    half = len(told) // 2
    words = sum(len(text.split()) for text, _ in told)
    losses = ", ".join(f"{sum(loss for _, loss in side) / half:.4f}" for side in (told[:half], told[half:]))
    detail = f"{words:,} words in {len(told)} answers, losses of base and run {losses}"
    return Measured(figures={"seconds": seconds}, detail=detail)


def _asked(*, has_passages: bool) -> list[answering.Asked]:
    """The questions alone, and if asked for, then each with a passage that the search finds for it."""
    rows = _rows()
    alone = [answering.Asked(row=row) for row in rows]
    if not has_passages:
        return alone
    with PassageSearch(passages()) as search:
        found = [search.best(row["input"]) for row in rows]
    sources = [Source(text=passage.text) if passage else None for passage in found]
    return [*alone, *(answering.Asked(row=row, source=source) for row, source in zip(rows, sources, strict=True))]


def passages() -> list[Passage]:
    """Return the sample documents in passages of about 1,000 characters, as long as usual ones."""
    joined = [[""]]
    for text in paragraphs():
        if sum(map(len, joined[-1])) > LONG:
            joined.append([])
        joined[-1].append(text)
    return [
        Passage(
            id=f"passage-{number}", document_id="sample", index=number, start=0, end=0, heading="", page="", token_count=0,
            text="\n".join(texts),
        )
        for number, texts in enumerate(joined)
    ]  # fmt: skip


def children_s() -> float:
    """Return the processor time of the processes that this one started and that have ended, in seconds."""
    times = os.times()
    return times.children_user + times.children_system


def _rows() -> list[dict[str, str]]:
    """The questions of the sample documents, then its paragraphs to be put in other words."""
    rows = [{"input": row["input"], "output": row["output"]} for row in question_rows()]
    rows += [
        {"input": f"Say in one sentence: {text}", "output": text.split(". ")[0]}
        for text in paragraphs()
        if 40 < len(text) < 600
    ]
    return rows[:QUESTIONS]


if __name__ == "__main__":
    four_columns = _asked(has_passages=True)
    for name, asked in (
        ("four columns", four_columns),
        ("general set", general_set()),
        ("both", [*four_columns, *general_set()]),
    ):
        spent_s = children_s()
        measured = _evaluated(asked, is_by_llama=True)
        print(f"{name}: {measured}; {children_s() - spent_s:.0f} s of processor time in the writing processes")
