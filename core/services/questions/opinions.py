"""What a model thinks of the pairs of a project: asked on demand, stored with the pairs batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from core.evaluation.scores import token_f1
from core.jobs.context import JobContext
from core.models.text import TextGenerator
from core.questions import WRITERS
from core.questions.opinions.answering import answer_pairs
from core.questions.opinions.judge import Calibration, calibrate, is_doubtful, judge_pairs
from core.records import PairMeasures, Project, QuestionPair
from core.services.questions.generation import find_generator
from core.services.questions.measures import AllPairs, each_measured, each_with_passage, measure_pairs
from core.services.questions.writing.models import opened
from core.settings import GenerationSettings
from core.storage import Workspace, find_all, find_each, rights
from core.storage.pair_measures import store_measures, stored_measures

AT_ONCE = 32  # pairs asked together; what is interrupted loses no more

_Batch = Sequence[tuple[QuestionPair, str]]
_Asked = Callable[[_Batch, TextGenerator, dict[str, PairMeasures]], Iterable[PairMeasures]]


def measure_answerable(context: JobContext, project: Project, *, model: str, generator: TextGenerator | None = None) -> int:
    """Let a model answer the questions of all pairs that have a passage and were not answered yet; return how many.

    Args:
        context: the job that does it.
        project: whose pairs.
        model: name of a GGUF model.
        generator: asked in place of that model, in tests.

    Raises:
        SetupError: the model is not on this machine.
        ModelError: it failed.
    """

    def ask(batch: _Batch, writer: TextGenerator, measures: dict[str, PairMeasures]) -> Iterator[PairMeasures]:
        for each in answer_pairs(batch, writer, token_f1):
            known = measures[each.pair_id]
            yield replace(known, with_passage=each.with_passage, without_passage=each.without_passage)

    due = _due(context, project, lambda measures: measures.with_passage is None)
    return _ask_all(context, project, due=due, ask=ask, model=model, generator=generator)


def measure_judged(context: JobContext, project: Project, *, model: str, generator: TextGenerator | None = None) -> int:
    """Let a model judge all pairs that have a passage and were not judged yet; return how many. Takes what the other does.

    Raises:
        SetupError: the model is not on this machine.
        ModelError: it failed.
    """

    def ask(batch: _Batch, writer: TextGenerator, measures: dict[str, PairMeasures]) -> Iterator[PairMeasures]:
        for each in judge_pairs(batch, writer):
            yield replace(measures[each.pair_id], judged=each.score)

    due = _due(context, project, lambda measures: measures.judged is None)
    return _ask_all(context, project, due=due, ask=ask, model=model, generator=generator)


def calibration_of(workspace: Workspace, project: Project) -> Calibration:
    """Return how the judge agrees with what people decided about the project's pairs."""
    rights.check(workspace.db, "read documents", project.id)
    pairs = find_each(workspace.db, QuestionPair, project_id=project.id)
    scores = [
        (measures.judged, pair.decided == "kept")
        for pair, measures in each_measured(workspace, project, (pair for pair in pairs if pair.decided is not None))
        if measures and measures.judged is not None
    ]
    return calibrate(scores)


def doubtful_pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return the kept pairs that nobody decided on and a judge that proved useful doubts, worst first."""
    rights.check(workspace.db, "read documents", project.id)
    calibration = calibration_of(workspace, project)
    pairs = find_each(workspace.db, QuestionPair, project_id=project.id, state="kept", decided=None)
    doubted = [
        (measures.judged, pair)
        for pair, measures in each_measured(workspace, project, pairs)
        if measures and measures.judged is not None and is_doubtful(measures.judged, calibration)
    ]
    return [pair for _, pair in sorted(doubted, key=lambda entry: entry[0])]


def _due(context: JobContext, project: Project, is_due: Callable[[PairMeasures], bool]) -> list[str]:
    """Return the ids of the pairs to ask about: those with a passage, and without turns before them."""
    workspace, pairs = context.workspace, AllPairs(context.workspace, project)

    def report(done: int, total: int) -> None:
        context.progress(done, total, unit="pairs", message="Examining pairs")

    measure_pairs(workspace, project, pairs, report=report)
    sourced = (pair for pair, passage in each_with_passage(workspace, project, pairs) if passage and not pair.history)
    return [pair.id for pair, measures in each_measured(workspace, project, sourced) if measures and is_due(measures)]


def _ask_all(
    context: JobContext,
    project: Project,
    *,
    due: Sequence[str],
    ask: _Asked,
    model: str,
    generator: TextGenerator | None,
) -> int:
    if not due:
        return 0
    workspace = context.workspace
    with _opened(context, model, generator) as writer:
        for start in range(0, len(due), AT_ONCE):
            context.progress(start, len(due), unit="pairs", message="Asking the model")
            pairs = find_all(workspace.db, QuestionPair, due[start : start + AT_ONCE])
            batch = [(pair, passage) for pair, passage in each_with_passage(workspace, project, pairs) if passage]
            measures = stored_measures(workspace, project.id, pair_ids=[pair.id for pair, _ in batch])
            store_measures(workspace, project.id, list(ask(batch, writer, measures)))
    return len(due)


@contextmanager
def _opened(context: JobContext, model: str, generator: TextGenerator | None) -> Iterator[TextGenerator]:
    if generator is not None:
        yield generator
        return
    settings = GenerationSettings(model=model)
    found = find_generator(context.workspace, settings)
    with opened(context.workspace, found, WRITERS["guided"], settings, passage_tokens=0, check=context.check) as loaded:
        yield loaded.generator
