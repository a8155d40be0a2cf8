"""Excerpts as the guided writer gets them, and what it asks about them."""

import pytest

from core.questions.writers.guided.writing import write
from core.questions.writers.writer import Excerpt
from core.settings import GenerationSettings


@pytest.fixture
def make_excerpt(make_passage):
    def make(text: str, *, heading: str = "", title: str = "", index: int = 0, start: int = 0) -> Excerpt:
        return Excerpt(passage=make_passage(text, heading=heading, index=index, start=start), title=title)

    return make


@pytest.fixture
def asked(make_excerpt):
    """Return the questions about a text in all wordings, with their answers."""

    def ask(text: str, **named: str) -> dict[str, str]:
        settings = GenerationSettings(per_passage=50, wordings=10)
        return {pair.question: pair.answer for pair in write([make_excerpt(text, **named)], None, settings)}

    return ask
