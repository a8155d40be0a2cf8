"""Answers that people judged in a project with approved text, and detectors that find what they are told to."""

from collections.abc import Callable
from typing import Any

import pytest

from core.records import ChatSetup, ChatTurn, Detection, Feedback, new_id, now
from core.services.chat.conversations import begin
from core.services.chat.feedback import call_unanswerable, correct, judge
from core.storage import Workspace, get, insert
from tests.learned import LearnedProject

QUESTION = "How many tonnes does the winch hold?"
Judged = Callable[..., Feedback]


class Names:
    """Finds the names that it was given, wherever they stand."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def detect(self, texts: list[str]) -> list[list[Detection]]:
        return [
            [
                Detection(start=text.index(name), end=text.index(name) + len(name), entity="PERSON", score=1, detector="x")
                for name in self.names
                if name in text
            ]
            for text in texts
        ]


NOBODY: Any = Names()


@pytest.fixture
def judged(workspace: Workspace, learned: LearnedProject) -> Judged:
    """A function that asks in a conversation and judges the answer, and returns what experts get to see of it."""

    def ask(
        answer: str = "14 tonnes.",
        *,
        question: str = QUESTION,
        thumb: Any = None,
        correction: str = "",
        is_unanswerable: bool = False,
        sources: dict[str, Any] | None = None,
    ) -> Feedback:
        conversation = begin(workspace, learned.project, question, setup=ChatSetup(answerer=learned.run.id))
        turn = ChatTurn(
            id=new_id("turn"), conversation_id=conversation.id, number=1, question=question, answer=answer,
            state="complete", answerer=learned.run.id, sources=sources or {}, created_at=now(), written_at=now(),
        )  # fmt: skip
        insert(workspace.db, turn)
        if thumb:
            judge(workspace, turn.id, thumb)
        if correction:
            correct(workspace, turn.id, correction)
        if is_unanswerable:
            call_unanswerable(workspace, turn.id, is_unanswerable=True)
        return get(workspace.db, Feedback, turn.id.replace("turn-", "feedback-"))

    return ask
