"""A conversation in a project, and a model that says what it is told to."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import pytest

from core.chat import Message
from core.chat.room import Room
from core.models.text import Pace
from core.records import ChatSetup, Conversation, Project
from core.services.chat.conversations import begin
from core.storage import Workspace


@dataclass
class Speaker:
    """A ChatModel that says its pieces, one answer after the other, and keeps what it was asked."""

    answers: list[Sequence[str | BaseException]]
    is_complete: bool = True
    reads: int | None = None  # words; None if it does not tell
    asked: list[list[Message]] = field(default_factory=list)
    options: list[tuple[int, float]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    before_each: Callable[[], None] = lambda: None

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        self.asked.append(list(messages))
        self.options.append((max_tokens, temperature))
        pieces = self.answers.pop(0)
        try:
            for piece in pieces:
                self.before_each()
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            self.log.append("closed")
        return Pace(
            read_count=9, cached_count=4, token_count=len(pieces), tokens_per_second=50.0, is_complete=self.is_complete
        )

    def room(self, messages: Sequence[Message]) -> Room | None:
        """A token is a word here."""
        if self.reads is None:
            return None
        return Room(taken=sum(len(message.content.split()) for message in messages), readable=self.reads)

    def close(self) -> None:
        self.log.append("freed")


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Winches")


@pytest.fixture
def conversation(workspace: Workspace, project: Project) -> Conversation:
    return begin(workspace, project, "What holds the winch?", setup=ChatSetup(answerer="tiny", temperature=0.5))
