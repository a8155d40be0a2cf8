"""Evaluation questions → answers of the base model and the run, and their losses on the correct answers."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import psutil

from core.errors import InputError
from core.files import write_atomic
from core.models.cpu_budget import thread_count
from core.models.engine.apart import WriterApart
from core.models.engine.context import UNKNOWN_TOKENS, context_tokens, made_for_tokens
from core.models.text import Completion, Prompt
from core.records import ModelFormat
from core.run_folder import RunFolder
from core.settings import Precision

QUESTIONS_AT_ONCE = 16
MAX_ANSWER_TOKENS = 96
MEMORY_SHARE = 0.25  # of free memory: a model up to this size is loaded twice, so that base and run answer in parallel

Row = dict[str, Any]  # `input`, `output`; `system` and `history` if it is part of a conversation
Report = Callable[[int], None]  # called with the number of new losses and answers, or 0; an exception stops the work
Name = Literal["base", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What to evaluate: a run and its base model."""

    path: Path  # base model
    format: ModelFormat
    folder: Path  # the run's folder
    template: str
    precision: Precision
    cache: Path


@dataclass(frozen=True, slots=True)
class Side:
    """Results of base or run, in the order of the rows: its answers, and its losses on the correct ones."""

    answers: list[str]
    losses: list[float]


@dataclass(frozen=True, slots=True)
class Sides:
    """Finished sides; with a folder they are also kept in files, for a later attempt of the job."""

    folder: Path | None = None
    key: str = ""  # part of the file names, derived from the questions
    _found: dict[Name, Side] = field(default_factory=dict)

    def get(self, name: Name) -> Side | None:
        """Return a finished side, from this or an earlier attempt; None if it is not finished."""
        path = self._path(name)
        if name not in self._found and path and path.exists():
            self._found[name] = Side(**json.loads(path.read_text(encoding="utf-8")))
        return self._found.get(name)

    def put(self, name: Name, side: Side) -> None:
        """Store a finished side."""
        if path := self._path(name):
            write_atomic(path, json.dumps(asdict(side)))
        self._found[name] = side

    def both(self) -> tuple[Side, Side]:
        """Return the sides of base and run; both must be finished."""
        return self._found["base"], self._found["run"]

    def remove_files(self) -> None:
        """Remove the files kept for a later attempt."""
        for path in (self._path("base"), self._path("run")):
            if path:
                path.unlink(missing_ok=True)

    def _path(self, name: Name) -> Path | None:
        return self.folder / f"{name}-{self.key}.json" if self.folder else None


def answer(subject: Subject, rows: list[Row], sides: Sides, report: Report) -> tuple[Side, Side]:
    """Have base and run answer the rows, with llama.cpp if it can load both, else with transformers; return both sides.

    Args:
        subject: base and run.
        rows: questions with their correct answers.
        sides: stores finished sides.
        report: called with progress, see `Report`.

    Raises:
        InputError: a question is longer than the model's context.
        EngineCrashed: llama.cpp crashed twice.
        SetupError: a file is missing, memory ran out, or the disk is full.
    """
    if not by_llama(subject, rows, sides, report):
        by_transformers(subject, rows, sides, report)
    return sides.both()


def by_llama(subject: Subject, rows: list[Row], sides: Sides, report: Report) -> bool:
    """Answer with llama.cpp, many questions at once; return False if it cannot load the run.

    If memory allows, base and run answer in parallel; the base starts while the run's adapter is still being converted.
    """
    from core.models.engine.tuned import adapter_for_engine, base_for_engine
    from core.models.unpacked import batch_gguf

    model = base_for_engine(
        subject.path, subject.format, precision=subject.precision, cache=subject.cache, report=lambda: report(0)
    )
    if model is None:
        return False
    prompts = _prompts(model, subject.template, rows)
    model = batch_gguf(model, subject.cache, report=lambda _: report(0))
    free_bytes = psutil.virtual_memory().available
    is_kept = sides.get("base") or sides.get("run")
    at_once = 2 if not is_kept and model.stat().st_size <= free_bytes * MEMORY_SHARE else 1
    longest = max(len(prompt.tokens) + max(len(prompt.expected), MAX_ANSWER_TOKENS) for prompt in prompts)
    room = context_tokens(model, conversations=QUESTIONS_AT_ONCE, free_bytes=free_bytes // at_once)
    sequences = max(1, min(QUESTIONS_AT_ONCE, room // longest - 1))
    threads = max(1, thread_count() // at_once)
    with ExitStack() as opened:

        def begun(name: Name, adapter: Path | None) -> Iterator[int]:
            if sides.get(name):
                return iter([2 * len(rows)])
            writer = WriterApart(
                model, adapter=adapter, sequences=sequences, context_tokens=(sequences + 1) * longest, threads=threads
            )
            return _taken(name, opened.enter_context(writer).generate(prompts), len(rows), sides)

        base = begun("base", None)
        adapter = adapter_for_engine(subject.folder, subject.path, report=lambda: report(0))
        if adapter is None:
            return False
        if at_once == 1:
            for count in base:
                report(count)
            opened.close()  # free the base model's memory
        tuned = begun("run", adapter)
        for counts in zip_longest(base, tuned, fillvalue=0):
            report(sum(counts))
    return True


def _taken(name: Name, completions: Iterator[Completion], count: int, sides: Sides) -> Iterator[int]:
    """Assemble a side from its completions and store it; yield the counts for `report`."""
    side = Side([""] * count, [0.0] * count)
    for completion in completions:
        side.answers[completion.index] = completion.text.strip()
        side.losses[completion.index] = completion.nats or 0.0
        yield 2
    sides.put(name, side)


def _prompts(model: Path, template: str, rows: list[Row]) -> list[Prompt]:
    """Build the prompts for a GGUF model; correct answers are truncated to the model's context.

    Raises:
        InputError: a question is longer than the model's context.
    """
    from core.models.conversation import encode_rows, turn_of
    from core.models.llama import cached_vocabulary

    vocabulary = cached_vocabulary(model)
    turn = turn_of(vocabulary, template)
    readable = made_for_tokens(model) or UNKNOWN_TOKENS
    prompts = []
    for number, row in enumerate(encode_rows(vocabulary, template, rows), start=1):
        if row.answer_start >= readable:
            raise InputError(
                f"Question {number} has {row.answer_start} tokens; this model reads {readable}.", "Shorten the question."
            )
        prompts.append(
            Prompt(
                tokens=row.tokens[: row.answer_start],
                max_tokens=min(MAX_ANSWER_TOKENS, readable - row.answer_start),
                ends=tuple(turn.ends),
                stops=turn.stops,
                expected=row.tokens[row.answer_start : readable],
            )
        )
    return prompts


def by_transformers(subject: Subject, rows: list[Row], sides: Sides, report: Report) -> None:
    """Answer with transformers, using one model with its adapter disabled for the base and enabled for the run."""
    from core.models.causal import load_adapter, load_causal
    from core.models.conversation import asked
    from core.models.decoding import generate_batch
    from core.models.losses import answer_loss

    base = load_causal(
        subject.path, subject.format, precision=subject.precision, template=subject.template, cache=subject.cache
    )
    model = load_adapter(base, RunFolder(subject.folder).adapter)
    batches = [rows[start : start + QUESTIONS_AT_ONCE] for start in range(0, len(rows), QUESTIONS_AT_ONCE)]

    def make(name: Name) -> None:
        if sides.get(name):
            report(2 * len(rows))
            return
        side = Side([], [])
        for batch in batches:
            side.losses.extend(answer_loss(model, batch))
            report(len(batch))
            side.answers.extend(generate_batch(model, [asked(row) for row in batch], max_tokens=MAX_ANSWER_TOKENS))
            report(len(batch))
        sides.put(name, side)

    with model.model.disable_adapter():
        make("base")
    make("run")
