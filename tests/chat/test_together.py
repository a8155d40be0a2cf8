"""Several models answering at once."""

import threading
from collections.abc import Generator, Iterable, Sequence
from itertools import repeat

import pytest

from core.chat import Ask, Ended, Message, together
from core.chat.room import Room
from core.chat.standings import Standing
from core.chat.together import Piece
from core.errors import InputError
from core.models.text import Pace

ASK = [Message("user", "What is a red tag?")]


class Speaker:
    """A ChatModel that says its pieces once all that speak with it have begun."""

    def __init__(self, pieces: Iterable[str], begun: threading.Barrier, error: Exception | None = None) -> None:
        self.pieces, self.begun, self.error, self.said = pieces, begun, error, 0
        self.is_closed = threading.Event()

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        self.begun.wait(10)
        try:
            if self.error:
                raise self.error
            for piece in self.pieces:
                self.said += 1
                yield piece
        finally:
            self.is_closed.set()
        return Pace(read_count=9, cached_count=0, token_count=self.said, tokens_per_second=9.0, is_complete=True)

    def room(self, messages: Sequence[Message]) -> Room | None:
        return None

    def close(self) -> None:
        pass


@pytest.mark.parametrize("count", [2, 3, 4])
def test_all_answer_at_the_same_time_and_each_whole_answer_is_given(count):
    begun = threading.Barrier(count)  # passes only if all answer at once
    models = [Speaker([f"{side} ", "is ", "red."], begun) for side in range(count)]
    said = list(together([Ask(model, ASK) for model in models], max_tokens=9))
    ends = {each.side: each.answer.text for each in said if isinstance(each, Ended) and each.answer}
    assert ends == {side: f"{side} is red." for side in range(count)}
    pieces = [each.text for each in said if isinstance(each, Piece) and each.side == 0]
    assert "".join(pieces) == "0 is red."


def test_one_that_cannot_answer_says_why_and_the_others_go_on():
    begun = threading.Barrier(2)
    error = InputError("Too long.", "Shorten it.")
    models = [Speaker([], begun, error), Speaker(["Red."], begun)]
    said = list(together([Ask(model, ASK) for model in models], max_tokens=9))
    ends = {each.side: each for each in said if isinstance(each, Ended)}
    assert ends[0].error is error and ends[0].answer is None
    assert ends[1].answer is not None and ends[1].answer.text == "Red."


def test_no_more_answers_are_written_at_once_than_asked_for_and_all_are_given():
    begun = threading.Barrier(2)  # passes only if two answer at once, and never waits for a third
    speaker = Speaker(["Red."], begun)
    said = together([Ask(speaker, ASK)] * 6, max_tokens=9, at_once=2)
    assert sorted(each.side for each in said if isinstance(each, Ended) and each.answer) == [0, 1, 2, 3, 4, 5]


def test_leaving_stops_all_models():
    begun = threading.Barrier(2)
    models = [Speaker(repeat("tick "), begun) for _ in range(2)]
    answers = together([Ask(model, ASK) for model in models], max_tokens=9)
    next(answers)
    answers.close()
    assert all(model.is_closed.wait(10) for model in models)


@pytest.mark.parametrize(
    ("won", "lost", "low", "high"),
    [(5, 5, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (9, 1, 0.5958, 0.9821)],  # Wilson's score interval, by hand
)
def test_the_range_of_a_share_is_as_wide_as_so_few_votes_allow(won, lost, low, high):
    standing = Standing(answerer="one", version="", won=won, lost=lost, equal=3)
    assert standing.interval == pytest.approx((low, high), abs=2e-4)


def test_no_vote_tells_nothing():
    assert Standing(answerer="one", version="", won=0, lost=0, equal=2).interval == (0.0, 1.0)
