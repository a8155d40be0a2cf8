"""Excerpts as the guided writer gets them, and what it asks about them."""

from typing import Any

import pytest

from core.questions.domain import Domain
from core.questions.writers.guided.asking import tidy
from core.questions.writers.guided.facts import read_sentences, telling_clauses
from core.questions.writers.guided.gaps import gaps
from core.questions.writers.guided.open_questions import open_question
from core.questions.writers.guided.writing import write
from core.questions.writers.writer import Excerpt
from core.settings import GenerationSettings


@pytest.fixture
def make_excerpt(make_passage):
    def make(
        text: str, *, heading: str = "", title: str = "", index: int = 0, start: int = 0, domain: Domain | None = None
    ) -> Excerpt:
        return Excerpt(passage=make_passage(text, heading=heading, index=index, start=start), title=title, domain=domain)

    return make


@pytest.fixture
def asked(make_excerpt):
    """Return the questions about a text in all wordings, with their answers."""

    def ask(text: str, **named: Any) -> dict[str, str]:
        settings = GenerationSettings(per_passage=50, wordings=10)
        return {pair.question: pair.answer for pair in write([make_excerpt(text, **named)], None, settings)}

    return ask


@pytest.fixture
def parts(make_excerpt):
    """Return the questions that the parts of a text's clauses leave, whether they say enough or not, with their answers."""

    def ask(text: str) -> dict[str, str]:
        clauses = [each for sentence in read_sentences([make_excerpt(text).passage]) for each in telling_clauses(sentence)]
        return {open_question(clause, gap): f"{tidy(gap.answer)}." for clause in clauses for gap in gaps(clause)}

    return ask
