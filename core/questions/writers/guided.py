"""Write questions by rule, with a small language model to help; see `core.questions.generation`."""

from collections.abc import Iterator, Sequence

from core.models.text import TextGenerator
from core.questions.generation import generate_pairs
from core.questions.writers.writer import Candidate, Excerpt, Writer
from core.settings import GenerationSettings


def _write(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Iterator[Candidate]:
    return generate_pairs([excerpt.passage for excerpt in excerpts], generator, settings)


GUIDED = Writer(
    "guided",
    "Guided",
    "For small models, such as the embedded one: grammar and rules find the facts and the questions.",
    _write,
)
