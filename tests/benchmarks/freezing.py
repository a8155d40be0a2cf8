"""Freeze the question pairs of a large project as a dataset version: how long, with how much memory, and what came of it."""

import random
import tempfile
import time
from dataclasses import replace
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.curating import WORDINGS, fill, made_pair
from tests.benchmarks.frame import Measured

SYLLABLES = "ba co di fe gu ha jo ki le mu na po ri se tu va wo xi ye zu".split()
VOCABULARY = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]  # 8,000 words
FREQUENCY = list(accumulate(1 / rank for rank in range(10, 10 + len(VOCABULARY))))  # few are frequent: Zipf's law
ASKED = (
    "How often is the {thing} of the {place} {done} by the {who}?",
    "State how often the {who} has the {thing} of the {place} {done}.",
    "The {thing} of the {place} is {done} by the {who} every ____.",
    "For the {who} of the {place}: after how many days is the {thing} {done}?",
    "After how many days is the {thing} {done} again, and which {who} of the {place} does it?",
)


def measure(pairs: int) -> Measured:
    """Store `pairs` pairs, of which four in five are kept, and freeze them: seconds of the clock and of the processor."""
    from core.records import Project
    from core.services.questions.freezing.version import freeze
    from core.storage import Workspace, find

    with tempfile.TemporaryDirectory() as folder:
        storing = get_context("spawn").Process(target=_store, args=(folder, pairs))  # whose memory does not count
        storing.start()
        storing.join()
        workspace = Workspace(Path(folder))
        (project,) = find(workspace.db, Project)
        started_s, used_s = time.perf_counter(), time.process_time()
        version = freeze(workspace, project)
        figures = {"seconds": time.perf_counter() - started_s, "processor_s": time.process_time() - used_s}
        workspace.close()
    frozen = f"{version.train_count:,} pairs to train on, {version.heldout_count:,} held out of {pairs:,}"
    return Measured(figures=figures, detail=f"{frozen}; SHA-256 {version.sha256[:16]}")


def _store(folder: str, pairs: int) -> None:
    from core.storage import Workspace

    workspace = Workspace(Path(folder))
    fill(workspace, pairs, make=_pair)
    workspace.close()


def _pair(project_id: str, document: int, number: int, place: int):  # type: ignore[no-untyped-def]
    """The pair that `curating` stores, with a question and an answer in as many words as a manual has."""
    fact = random.Random(f"{document} {place // WORDINGS}")
    *things, where, done, who = fact.choices(VOCABULARY, cum_weights=FREQUENCY, k=5)
    question = ASKED[place % WORDINGS].format(thing=" ".join(things), place=where, done=done, who=who)
    answer = f"Every {fact.randint(2, 90)} days the {who} of the {where} has the {' '.join(things)} {done}."
    return replace(made_pair(project_id, document, number, place), input=question, output=answer)
