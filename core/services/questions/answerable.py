"""A model asked the questions of a project, with and without their passages: measured on demand, stored with the pairs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.evaluation.scores import token_f1
from core.jobs.context import JobContext
from core.models.text import TextGenerator
from core.questions.opinions.answering import answer_pairs
from core.records import PairMeasures, Project, QuestionPair
from core.services.questions.generation import find_generator
from core.services.questions.measures import measure_pairs, passages_of
from core.settings import GenerationSettings
from core.storage import find
from core.storage.pair_measures import store_measures

AT_ONCE = 32  # pairs asked together; what is interrupted loses no more


def measure_answerable(context: JobContext, project: Project, *, model: str, generator: TextGenerator | None = None) -> int:
    """Ask a model the questions of all pairs that have a passage and were not asked yet; return how many were asked.

    Args:
        context: the job that does it.
        project: whose pairs.
        model: name of a GGUF model.
        generator: asked in place of that model, in tests.

    Raises:
        SetupError: the model is not on this machine.
        ModelError: it failed.
    """
    from core.models.engine.apart import WriterApart
    from core.models.unpacked import batch_gguf

    due = _due(context, project)
    if not due:
        return 0
    if generator is not None:
        return _ask(context, project, due, generator)
    given = Path(find_generator(context.workspace, GenerationSettings(model=model)).path)
    path = batch_gguf(given, context.workspace.unpacked_folder, report=lambda _: context.check())
    with WriterApart(path) as writer:
        return _ask(context, project, due, writer)


def _due(context: JobContext, project: Project) -> list[tuple[QuestionPair, str, PairMeasures]]:
    """Return the pairs to ask, each with its passage and what was measured of it."""
    workspace = context.workspace
    pairs = find(workspace.db, QuestionPair, project_id=project.id, order="created_at, rowid")

    def report(done: int, total: int) -> None:
        context.progress(done, total, unit="pairs", message="Examining pairs")

    measures = measure_pairs(workspace, project, pairs, report=report)
    passages = passages_of(workspace, project, pairs)
    return [
        (pair, passages[pair.id], measures[pair.id])
        for pair in pairs
        if pair.id in passages and measures[pair.id].with_passage is None and not pair.history
    ]


def _ask(
    context: JobContext,
    project: Project,
    due: Sequence[tuple[QuestionPair, str, PairMeasures]],
    generator: TextGenerator,
) -> int:
    for start in range(0, len(due), AT_ONCE):
        context.progress(start, len(due), unit="pairs", message="Letting the model answer")
        batch = {pair.id: (pair, passage, measures) for pair, passage, measures in due[start : start + AT_ONCE]}
        answered = answer_pairs([(pair, passage) for pair, passage, _ in batch.values()], generator, token_f1)
        fresh = [
            replace(batch[each.pair_id][2], with_passage=each.with_passage, without_passage=each.without_passage)
            for each in answered
        ]
        store_measures(context.workspace, project.id, fresh)
    return len(due)
