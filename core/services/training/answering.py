"""Evaluation questions → answers of the base model and the run, and their losses on the correct answers.

Each model is loaded once and asked everything: all questions alone, then the same with a passage before them, then texts
that it only reads.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psutil

from core.evaluation.open_book import Source, shortened, with_passage
from core.files import write_atomic
from core.models.cpu_budget import thread_count
from core.models.engine.apart import WriterApart
from core.models.engine.context import UNKNOWN_TOKENS, context_tokens, made_for_tokens
from core.models.text import Completion, Prompt
from core.records import ModelFormat
from core.run_folder import RunFolder
from core.settings import Precision

if TYPE_CHECKING:
    from core.models.causal import CausalModel
    from core.models.conversation import Encoded, Vocabulary

QUESTIONS_AT_ONCE = 16
MAX_ANSWER_TOKENS = 96
MEMORY_SHARE = 0.25  # of free memory: a model up to this size is loaded twice, so that base and run answer in parallel

CUTS = 6  # tries to cut a passage so that it fits, each from what the one before was too long by

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to ask, alone or with a passage, which is cut to fit; or a text to read, as the row's `output`."""

    row: Row
    source: Source | None = None
    max_tokens: int = MAX_ANSWER_TOKENS  # of the answer
    is_text: bool = False  # nothing is asked: the loss is that of the text, without a chat template


def read_only(text: str) -> Asked:
    """Return a text to read as an `Asked`: what follows the model's context is cut off, and there is no answer to it."""
    return Asked(row={"input": "", "output": text}, is_text=True)


@dataclass(frozen=True, slots=True)
class Side:
    """Results of base or run, in the order of what was asked: its answers, and its losses on the correct ones.

    Both are None where a question is too long for the model. A text that is only read has no answer.
    """

    answers: list[str | None]
    losses: list[float | None]


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


def answer(subject: Subject, asked: Sequence[Asked], sides: Sides, report: Report) -> tuple[Side, Side]:
    """Have base and run answer questions, with llama.cpp if it can load both, else with transformers; return both sides.

    Args:
        subject: base and run.
        asked: questions with their correct answers.
        sides: stores finished sides.
        report: called with progress, see `Report`.

    Raises:
        EngineCrashed: llama.cpp crashed twice.
        SetupError: a file is missing, memory ran out, or the disk is full.
    """
    if not by_llama(subject, asked, sides, report):
        by_transformers(subject, asked, sides, report)
    return sides.both()


def by_llama(subject: Subject, asked: Sequence[Asked], sides: Sides, report: Report) -> bool:
    """Answer with llama.cpp, many questions at once; return False if it cannot load the run.

    If memory allows, base and run answer in parallel; the base starts while the run's adapter is still being converted.
    """
    from core.models.engine.tuned import adapter_for_engine, base_for_engine
    from core.models.unpacked import batch_gguf

    run = RunFolder(subject.folder)
    model = base_for_engine(
        subject.path, subject.format, precision=subject.precision, cache=subject.cache, report=lambda: report(0)
    )
    if model is None:
        return False
    batch = _batch_of(model, subject.template, asked)
    model = batch_gguf(model, subject.cache, report=lambda _: report(0))
    free_bytes = psutil.virtual_memory().available
    is_kept = sides.get("base") or sides.get("run")
    at_once = 2 if not is_kept and model.stat().st_size <= free_bytes * MEMORY_SHARE else 1
    room = context_tokens(model, conversations=QUESTIONS_AT_ONCE, free_bytes=free_bytes // at_once)
    sequences = max(1, min(QUESTIONS_AT_ONCE, room // batch.longest - 1))
    threads = max(1, thread_count() // at_once)
    with ExitStack() as opened:

        def begun(name: Name, file: Path, adapter: Path | None) -> Iterator[int]:
            if sides.get(name):
                return iter([2 * len(asked)])
            writer = WriterApart(
                file,
                adapter=adapter,
                sequences=sequences,
                context_tokens=(sequences + 1) * batch.longest,
                threads=threads,
            )
            return _taken(name, _completions(opened.enter_context(writer), batch), batch, sides)

        base = begun("base", model, None)
        adapter, whole = None, None
        if run.is_whole:
            whole = base_for_engine(
                run.weights, "safetensors", precision=subject.precision, cache=run.path, report=lambda: report(0)
            )
        else:
            adapter = adapter_for_engine(subject.folder, subject.path, report=lambda: report(0))
        if adapter is None and whole is None:
            return False
        if at_once == 1:
            for count in base:
                report(count)
            opened.close()  # free the base model's memory
        tuned = begun("run", whole or model, adapter)
        for counts in zip_longest(base, tuned, fillvalue=0):
            report(sum(counts))
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Prompts in the order of writing, each once; `places` are the positions in what was asked that each one answers.

    The texts that are only read come last, and apart: they do not begin as questions do.
    """

    prompts: list[Prompt]
    texts: list[Prompt]
    places: list[list[int]]  # of both
    count: int  # of what was asked

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt with its answer."""
        sizes = (len(prompt.tokens) + max(len(prompt.expected), MAX_ANSWER_TOKENS) for prompt in self.prompts + self.texts)
        return max(sizes, default=MAX_ANSWER_TOKENS)


def _completions(writer: WriterApart, batch: _Batch) -> Iterator[Completion]:
    """Begin to write at once; return the completions of questions, then those of texts."""
    answers = writer.generate(batch.prompts)

    def read() -> Iterator[Completion]:
        for completion in writer.generate(batch.texts) if batch.texts else ():
            yield replace(completion, index=len(batch.prompts) + completion.index)

    return chain(answers, read())


def _taken(name: Name, completions: Iterator[Completion], batch: _Batch, sides: Sides) -> Iterator[int]:
    """Assemble a side from its completions and store it; yield the counts for `report`."""
    side = Side([None] * batch.count, [None] * batch.count)
    yield 2 * (batch.count - sum(map(len, batch.places)))
    for completion in completions:
        for place in batch.places[completion.index]:
            side.answers[place] = completion.text.strip()
            side.losses[place] = completion.nats or 0.0
        yield 2 * len(batch.places[completion.index])
    sides.put(name, side)


def _batch_of(model: Path, template: str, asked: Sequence[Asked]) -> _Batch:
    """Build the prompts for a GGUF model; correct answers are truncated to the model's context.

    Questions alone come first; those on the same passage follow one another.
    """
    from core.models.conversation import turn_of
    from core.models.llama import cached_vocabulary

    vocabulary = cached_vocabulary(model)
    turn = turn_of(vocabulary, template)
    readable = made_for_tokens(model) or UNKNOWN_TOKENS
    fitted = fitting_rows(vocabulary, template, asked, readable=readable)
    places: dict[Prompt, list[int]] = {}
    questions = [place for place, each in enumerate(asked) if not each.is_text]
    for place in sorted(questions, key=lambda place: (source.text if (source := asked[place].source) else "", place)):
        if (found := fitted[place]) is not None:
            row = found.encoded
            prompt = Prompt(
                tokens=row.tokens[: row.answer_start],
                max_tokens=min(asked[place].max_tokens, readable - row.answer_start),
                ends=tuple(turn.ends),
                stops=turn.stops,
                expected=row.tokens[row.answer_start : readable],
            )
            places.setdefault(prompt, []).append(place)
    texts: dict[Prompt, list[int]] = {}
    for place, encoded in _texts(vocabulary, asked, readable=readable):
        prompt = Prompt(
            tokens=encoded.tokens[: encoded.answer_start], max_tokens=1, expected=encoded.tokens[encoded.answer_start :]
        )
        texts.setdefault(prompt, []).append(place)
    return _Batch(prompts=list(places), texts=list(texts), places=[*places.values(), *texts.values()], count=len(asked))


def _texts(vocabulary: "Vocabulary", asked: Sequence[Asked], *, readable: int) -> "Iterator[tuple[int, Encoded]]":
    """Yield the texts that are only read with their places in what was asked, as far as the model reads them."""
    from core.models.conversation import encode_texts

    for place, each in enumerate(asked):
        if each.is_text:
            for encoded in encode_texts(vocabulary, [each.row["output"]], longest=readable)[:1]:
                yield place, encoded


@dataclass(frozen=True, slots=True)
class Fitted:
    """A row as it is asked, with as much of its passage as fits, and its tokens."""

    row: Row
    encoded: "Encoded"


def fitting_rows(vocabulary: "Vocabulary", template: str, asked: Sequence[Asked], *, readable: int) -> list[Fitted | None]:
    """Return questions as rows that a model can read, passages cut to fit; None for one that is too long alone.

    Args:
        vocabulary: the model's.
        template: its chat template.
        asked: N questions; None is returned for a text that is only read, too.
        readable: tokens that the model reads.
    """
    from core.models.conversation import encode_rows

    texts = [each.source.text if each.source else "" for each in asked]
    found: list[Fitted | None] = [None] * len(asked)
    due = [place for place, each in enumerate(asked) if not each.is_text]
    for cut in range(CUTS + 1):
        rows = [with_passage(asked[place].row, texts[place]) for place in due]
        over: list[int] = []
        for place, row, encoded in zip(due, rows, encode_rows(vocabulary, template, rows), strict=True):
            room = readable - encoded.answer_start
            if room >= _answer_tokens(encoded) or (not texts[place] and room > 0):
                found[place] = Fitted(row, encoded)
            elif source := asked[place].source if texts[place] else None:
                over.append(place)
                lacking = _answer_tokens(encoded) - room
                texts[place] = shortened(source, _fewer(len(texts[place]), lacking, encoded) if cut < CUTS - 1 else 0)
        due = over
    return found


def _answer_tokens(encoded: "Encoded") -> int:
    return max(MAX_ANSWER_TOKENS, len(encoded.tokens) - encoded.answer_start)


def _fewer(characters: int, lacking: int, encoded: "Encoded") -> int:
    """Return how many characters of a passage to keep so that a prompt becomes shorter by so many tokens, and some more."""
    return int(characters * max(0.0, 1 - 1.1 * lacking / encoded.answer_start))


def by_transformers(subject: Subject, asked: Sequence[Asked], sides: Sides, report: Report) -> None:
    """Answer with transformers: one model with its adapter disabled for the base and enabled for the run, or two."""
    from core.models.causal import load_adapter, load_causal
    from core.models.conversation import asked as messages_of
    from core.models.decoding import generate_batch
    from core.models.losses import answer_loss, mean_losses

    base = load_causal(
        subject.path, subject.format, precision=subject.precision, template=subject.template, cache=subject.cache
    )
    fitted = fitting_rows(base.vocabulary, base.template, asked, readable=base.context_tokens)
    rows = [(place, found.row) for place, found in enumerate(fitted) if found]
    batches = [rows[start : start + QUESTIONS_AT_ONCE] for start in range(0, len(rows), QUESTIONS_AT_ONCE)]
    texts = list(_texts(base.vocabulary, asked, readable=base.context_tokens))

    def make(name: Name, model: "CausalModel") -> None:
        if sides.get(name):
            report(2 * len(asked))
            return
        side = Side([None] * len(asked), [None] * len(asked))
        report(2 * (len(asked) - len(rows)))  # texts, too: to read them is soon done
        for (place, _), loss in zip(texts, mean_losses(model, [encoded for _, encoded in texts]), strict=True):
            side.losses[place] = loss
        for batch in batches:
            only_rows = [row for _, row in batch]
            losses = answer_loss(model, only_rows)
            report(len(batch))
            longest = max(asked[place].max_tokens for place, _ in batch)
            answers = generate_batch(model, [messages_of(row) for row in only_rows], max_tokens=longest)
            for (place, _), loss, text in zip(batch, losses, answers, strict=True):
                side.answers[place], side.losses[place] = text, loss
            report(len(batch))
        sides.put(name, side)

    run = RunFolder(subject.folder)
    if run.is_whole:
        make("base", base)
        del base  # two models need not be in memory
        make("run", load_causal(run.weights, "safetensors", precision=subject.precision, template=subject.template))
        return
    tuned = load_adapter(base, run.adapter)
    with tuned.model.disable_adapter():
        make("base", tuned)
    make("run", tuned)
