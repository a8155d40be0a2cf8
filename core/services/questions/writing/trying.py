"""Try a way of writing on one passage: the exact prompts, what the model replied, and what each filter says; nothing counts.

What was tried is kept in one file of the project until the next try, never with the job.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InputError
from core.files import write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models.text import Completion, Prompt, TextGenerator
from core.questions.filters import FILTERS, Case, case_of
from core.questions.text_filters import TEXT_REASONS
from core.records import Document, Passage, Project, Review
from core.services.questions.measures import each_measured, measure_pairs
from core.services.questions.writing.batch import BatchWriter, WrittenBatch
from core.services.questions.writing.excerpts import Surroundings
from core.services.questions.writing.models import find_writing_model, opened
from core.services.questions.writing.probing import prepared
from core.services.questions.writing.texts import TextJudge
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get


class Params(JobParams):
    """The passage, how to write about it, and which filters to ask."""

    kind = "try"
    document_id: str
    passage_id: str
    settings: GenerationSettings = GenerationSettings()
    filters: FilterSettings = FilterSettings()


class Result(JobResult):
    """The way of writing that was tried, how many replies the model gave, and how many pairs would be kept."""

    kind = "try"
    writer: str
    replies: int
    pairs: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedReply:
    """One prompt, exactly as the model got it, and exactly what it replied."""

    prompt: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPair:
    """A pair or a text that came of it; `reason` is why it would be dropped, "" if it would be kept.

    `passed` and `failed` are the words of the filters that let it through and of those that do not.
    """

    question: str
    answer: str
    quote: str
    kind: str
    reason: str
    explanation: str
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a try."""

    replies: tuple[TriedReply, ...]
    pairs: tuple[TriedPair, ...]


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the passage is approved, and that the model can write questions."""
    _approved(workspace, get(workspace.db, Project, project_id), params)
    find_writing_model(workspace, params.settings.model)


def run(context: JobContext, params: Params) -> Result:
    """Run a try."""
    workspace, project = context.workspace, context.project()
    settings = prepared(context, params.settings)
    source = _approved(workspace, project, params)
    batches = BatchWriter(project, Surroundings(workspace), TextJudge(workspace, project, context.job.id), settings)
    model = find_writing_model(workspace, settings.model)
    context.progress(0, 1, message="Loading the model")
    with opened(
        workspace, model, batches.writer, settings, passage_tokens=source[2].token_count, check=context.check
    ) as loaded:
        context.progress(0, 1, message="Writing about the passage")
        recorder = _Recorder(loaded.generator)
        written = batches.write([source], recorder, loaded.room)
    pairs = [pair for passage in written.passages for pair in passage.pairs]
    measure_pairs(workspace, project, pairs)
    cases = [case_of(*measured) for measured in each_measured(workspace, project, pairs)]
    judged = [*_judged_pairs(cases, params.filters), *_judged_texts(written)]
    tried = Tried(replies=tuple(recorder.replies), pairs=tuple(judged))
    context.check()
    path = workspace.tried_path(project.id)
    write_atomic(path, json.dumps({"job": context.job.id, **asdict(tried)}, ensure_ascii=False))
    kept = sum(not pair.reason for pair in tried.pairs)
    return Result(writer=settings.writer, replies=len(tried.replies), pairs=len(tried.pairs), kept=kept)


def find_tried(workspace: Workspace, project: Project, job_id: str) -> Tried | None:
    """Return what came of the try of this job; None if there is none, or a later one has taken its place.

    Raises:
        AccessError: the actor may not read the project's documents.
    """
    try:
        told = json.loads(workspace.tried_path(project.id).read_text(encoding="utf-8"))
        if told["job"] != job_id:
            return None
        return Tried(
            replies=tuple(TriedReply(**each) for each in told["replies"]),
            pairs=tuple(_pair(each) for each in told["pairs"]),
        )
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or by another version
        return None


def _pair(told: dict[str, Any]) -> TriedPair:
    return TriedPair(**told | {name: tuple(told[name]) for name in ("passed", "failed")})


class _Recorder:
    """A `TextGenerator` that remembers what another one was asked and replied."""

    def __init__(self, generator: TextGenerator) -> None:
        self._generator = generator
        self.replies: list[TriedReply] = []

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        for completion in self._generator.generate(prompts, prefix=prefix):
            prompt = prompts[completion.index]
            told = "\n\n".join(message.content for message in prompt.messages) or f"{prefix}{prompt.text}{prompt.start}"
            self.replies.append(TriedReply(prompt=told, reply=completion.text))
            yield completion


def _approved(workspace: Workspace, project: Project, params: Params) -> tuple[Document, Review, Passage]:
    """Return the passage to try; refuse one that is not approved."""
    for document in find(workspace.db, Document, id=params.document_id, project_id=project.id):
        review, passages = workspace.approved_passages(document)
        for passage in passages:
            if review and passage.id == params.passage_id:
                return document, review, passage
    raise InputError("This passage is not approved.", "Choose a passage of a document whose approval stands.")


def _judged_pairs(cases: Sequence[Case], filters: FilterSettings) -> Iterator[TriedPair]:
    """Yield the pairs with what each filter says, which elsewhere only the first one does that drops a pair."""
    rules = [(each.reason, each.begin(filters, cases)) for each in FILTERS if each.applies(filters)]
    for case in cases:
        said = [(reason, rule.drops(case)) for reason, rule in rules]
        failed = [reason for reason, is_dropped in said if is_dropped]
        if not failed:
            for _, rule in rules:
                rule.remember(case)
        yield TriedPair(
            question=case.pair.input,
            answer=case.pair.output,
            quote=case.pair.quote,
            kind=case.pair.kind or "",
            reason=failed[0].words if failed else "",
            explanation=failed[0].description or "" if failed else "",
            passed=tuple(reason.words for reason, is_dropped in said if not is_dropped),
            failed=tuple(reason.words for reason in failed),
        )


def _judged_texts(written: WrittenBatch) -> Iterator[TriedPair]:
    for text in written.texts:
        fault = TEXT_REASONS.get(text.reason)
        yield TriedPair(
            question="",
            answer=text.text,
            quote="",
            kind=text.way,
            reason=fault.words if fault else "",
            explanation=fault.description if fault else "",
        )
