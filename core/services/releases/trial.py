"""An exported GGUF, tried as itself: its answers to held-out questions beside those of the run that it was made from."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.evaluation.scores import token_f1
from core.models.releases.card import Tried
from core.questions.dataset import thinned
from core.records import Model, Run
from core.run_folder import RunFolder
from core.services.questions.datasets import HELDOUT, read_rows
from core.services.training.answering import MAX_ANSWER_TOKENS, Asked, Side, Sides, Subject, answer
from core.storage import Workspace

if TYPE_CHECKING:
    from core.models.conversation import Encoded
    from core.models.releases.likeness import Likelihoods

QUESTIONS = 20
SEQUENCES = 4  # answers written in parallel
Row = dict[str, Any]
Report = Callable[[], None]  # called often; an exception stops the work


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAnswers:
    """What the run answers to the questions, and what it holds likely; None where the engine cannot load it."""

    rows: tuple[Row, ...]
    side: Side
    likely: "Likelihoods | None"


def trial_questions(workspace: Workspace, run: Run) -> list[Row]:
    """Return up to 20 questions held out from the run's dataset version, spread over it; none if none were held out.

    Raises:
        AccessError: the acting person may not read the project's documents.
        SetupError: the rows are gone.
    """
    rows = thinned(read_rows(workspace.dataset_folder(run.project_id, run.dataset_id) / HELDOUT))
    count = min(QUESTIONS, len(rows))
    return [rows[number * len(rows) // count] for number in range(count)]


def answers_of_run(subject: Subject, rows: Sequence[Row], report: Report) -> RunAnswers:
    """Have a run answer questions as Garrison asks it, which the files that are made of it are held against.

    Raises:
        EngineCrashed: llama.cpp crashed twice.
        SetupError: a file is missing, memory ran out, or the disk is full.
    """
    asked, sides = [Asked(row=row) for row in rows], Sides(None)
    sides.put("base", Side([None] * len(rows), [None] * len(rows)))  # nobody asks what the base model answers
    _, side = answer(subject, asked, sides, lambda _: report())
    return RunAnswers(rows=tuple(rows), side=side, likely=_likely_of_run(subject, rows, report))


def try_file(file: Path, quantization: str, by_run: RunAnswers, *, most_tokens: int, report: Report) -> Tried:
    """Have an exported GGUF answer the questions that its run has answered, always the likeliest word; compare both.

    Args:
        file: the GGUF, with its own template.
        quantization: in which it is.
        by_run: what the run answered.
        most_tokens: that the model reads; longer questions are left out.
        report: see `Report`.

    Raises:
        EngineCrashed: llama.cpp crashed twice.
        SetupError: llama.cpp cannot load the file.
    """
    from core.models.releases.likeness import compared, likelihoods

    side = _answers_of_file(file, by_run.rows, most_tokens, report)
    pairs = [
        (ours, theirs, row["output"])
        for ours, theirs, row in zip(side.answers, by_run.side.answers, by_run.rows, strict=True)
        if ours is not None and theirs is not None
    ]
    report()
    likeness = None
    if by_run.likely is not None:
        likeness = compared(by_run.likely, likelihoods(file, _encoded(file, by_run.rows)))
    return Tried(
        quantization=quantization,
        size_bytes=file.stat().st_size,
        questions=len(pairs),
        score=_mean([token_f1(ours, right) for ours, _, right in pairs]),
        run_score=_mean([token_f1(theirs, right) for _, theirs, right in pairs]),
        equal=_mean([float(ours == theirs) for ours, theirs, _ in pairs]),
        perplexity=_perplexity(side),
        run_perplexity=_perplexity(by_run.side),
        divergence=likeness.divergence if likeness else None,
        agreement=likeness.agreement if likeness else None,
        positions=likeness.positions if likeness else 0,
    )


def subject_of(workspace: Workspace, run: Run, model: Model) -> Subject:
    """Return a run as what is asked.

    Raises:
        AccessError: the acting person may not see the project.
    """
    folder = workspace.run_folder(run.project_id, run.id)
    return Subject(
        path=Path(model.path),
        format=model.format,
        folder=folder,
        template=RunFolder(folder).read_template(),
        precision=run.settings["precision"],
        cache=workspace.unpacked_folder,
    )


def _answers_of_file(file: Path, rows: Sequence[Row], most_tokens: int, report: Report) -> Side:
    from core.models.conversation import turn_of
    from core.models.engine.apart import WriterApart
    from core.models.llama import cached_vocabulary
    from core.models.text import Prompt

    vocabulary = cached_vocabulary(file)
    turn = turn_of(vocabulary, vocabulary.template)
    side = Side([None] * len(rows), [None] * len(rows))
    prompts, places = [], []
    for place, row in enumerate(_encoded(file, rows)):
        room = most_tokens - row.answer_start
        if room > 0:
            places.append(place)
            prompts.append(
                Prompt(
                    tokens=row.tokens[: row.answer_start],
                    max_tokens=min(MAX_ANSWER_TOKENS, room),
                    ends=tuple(turn.ends),
                    stops=turn.stops,
                    expected=row.tokens[row.answer_start : most_tokens],
                )
            )
    longest = max((len(prompt.tokens) + max(MAX_ANSWER_TOKENS, len(prompt.expected)) for prompt in prompts), default=0)
    with WriterApart(file, sequences=SEQUENCES, context_tokens=(SEQUENCES + 1) * longest) as writer:
        for completion in writer.generate(prompts) if prompts else ():
            report()
            side.answers[places[completion.index]] = completion.text.strip()
            side.losses[places[completion.index]] = completion.nats
    return side


def _likely_of_run(subject: Subject, rows: Sequence[Row], report: Report) -> "Likelihoods | None":
    from core.models.engine.tuned import tuned
    from core.models.releases.likeness import likelihoods

    if RunFolder(subject.folder).is_whole:
        return None
    found = tuned(
        subject.path,
        subject.format,
        folder=subject.folder,
        template=subject.template,
        precision=subject.precision,
        cache=subject.cache,
        report=report,
    )
    if found is None:
        return None
    return likelihoods(found.model, _encoded(found.model, rows, found.template), adapter=found.adapter)


def _encoded(file: Path, rows: Sequence[Row], template: str = "") -> "list[Encoded]":
    from core.models.conversation import encode_rows
    from core.models.llama import cached_vocabulary

    vocabulary = cached_vocabulary(file)
    return encode_rows(vocabulary, template or vocabulary.template, rows)


def _perplexity(side: Side) -> float | None:
    losses = [loss for loss in side.losses if loss is not None]
    return math.exp(_mean(losses)) if losses else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
