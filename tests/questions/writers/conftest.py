"""Models that reply as large ones do: well, badly, not at all, or after thinking aloud."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from core.models.text import Completion, Prompt
from core.questions.writers.writer import Candidate, Excerpt, Reply


class Replying:
    """A `TextGenerator` that replies with `replies` in turn, the last one for ever; it remembers the prompts."""

    def __init__(self, *replies: str) -> None:
        self.replies, self.prompts = list(replies), list[Prompt]()

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        for index, prompt in enumerate(prompts):
            self.prompts.append(prompt)
            text = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            yield Completion(index=index, text=text, token_count=1, is_complete=True)


@pytest.fixture
def replying():
    return Replying


def item(quote: str, **changes: str) -> dict[str, str]:
    told = {"quote": quote, "kind": "fact", "question": "What holds 140 liters?", "answer": "The fuel tank."}
    return told | changes


def pairs(*items: dict[str, Any]) -> str:
    return json.dumps({"pairs": list(items)}, ensure_ascii=False)


def split(written: Sequence[Any]) -> tuple[list[Candidate], list[str]]:
    """The candidates, and what came of the requests."""
    candidates = [each for each in written if isinstance(each, Candidate)]
    return candidates, [each.outcome for each in written if isinstance(each, Reply)]


@pytest.fixture
def make_excerpt(make_passage):
    def make(text: str, **around: Any) -> Excerpt:
        start, index = around.pop("start", 0), around.pop("index", 0)
        return Excerpt(passage=make_passage(text, start=start, index=index, heading="Tanks"), title="Pump.pdf", **around)

    return make
