"""Passages, pairs and a generator that writes what a test tells it to."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from core.models.text import Completion, Prompt
from core.records import Passage, QuestionPair


class ScriptedGenerator:
    """A `TextGenerator` that completes each prompt with `write(prompt)`; it remembers the prompts."""

    def __init__(self, write: Callable[[Prompt], str]) -> None:
        self.write = write
        self.prompts: list[Prompt] = []

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        self.prompts += prompts
        for index, prompt in reversed(list(enumerate(prompts))):
            yield Completion(index=index, text=self.write(prompt), token_count=1, is_complete=True)


@pytest.fixture
def scripted():
    return ScriptedGenerator


@pytest.fixture
def make_passage():
    def make(text: str, *, start: int = 0, index: int = 0, heading: str = "") -> Passage:
        return Passage(
            id=f"passage-{index}",
            document_id="document-1",
            index=index,
            start=start,
            end=start + len(text),
            heading=heading,
            page="page 1",
            token_count=len(text) // 4,
            text=text,
        )

    return make


@pytest.fixture
def make_pair():
    count = iter(range(10_000))

    def make(question: str, answer: str, **changes: object) -> QuestionPair:
        values = {
            "id": f"pair-{next(count)}",
            "project_id": "project-1",
            "input": question,
            "output": answer,
            "origin": "generated",
            "document_id": "document-1",
            "document_name": "Manual.pdf",
            "created_at": "2026-11-23T00:00:00.000+00:00",
        }
        return QuestionPair(**(values | changes))

    return make
