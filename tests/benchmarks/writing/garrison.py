"""Garrison's guided writer, with its default settings: rules word the questions, and no model is asked."""

from collections.abc import Iterator, Sequence

from core.models.text import Completion, Prompt
from core.questions.writers.registry import WRITERS
from core.questions.writers.writer import Candidate, Excerpt
from core.settings import GenerationSettings
from tests.benchmarks.writing.judging import Written, judged
from tests.benchmarks.writing.spent import spent_so_far


class _Unasked:
    """A `TextGenerator` that nobody asks: rules word the questions unless the settings want the model to."""

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`."""
        raise NotImplementedError


def guided(excerpts: Sequence[Excerpt]) -> Written:
    """Write as Garrison does with the embedded model."""
    from core.language.grammar import parse

    list(parse(["It is warm."]))  # opened once for a whole job
    started = spent_so_far()
    written = WRITERS["guided"].write(excerpts, _Unasked(), GenerationSettings())
    candidates = [each for each in written if isinstance(each, Candidate)]
    return judged(candidates, spent_so_far() - started)
