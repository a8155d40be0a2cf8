from collections.abc import Generator, Iterator, Sequence

import pytest

from core.chat import Answer, Message, answer
from core.chat.room import Room
from core.errors import InputError
from core.models.text import Pace


class Reciter:
    """A ChatModel that says its pieces whatever it is asked; every space-separated word is one token."""

    def __init__(self, pieces: Sequence[str], log: list[str] | None = None) -> None:
        self.pieces = pieces
        self.asked: list[Message] = []
        self.log = log if log is not None else []

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        self.asked = list(messages)
        try:
            for piece in self.pieces[:max_tokens]:
                self.log.append(piece)
                yield piece
        finally:
            self.log.append("stopped")
        count = len("".join(self.pieces).split())
        return Pace(read_count=9, cached_count=0, token_count=count, tokens_per_second=None, is_complete=True)

    def room(self, messages: Sequence[Message]) -> Room | None:
        return None

    def close(self) -> None:
        self.log.append("closed")


def _ticks(*values: float) -> Iterator[float]:
    yield from values


ASK = [Message("user", "What is a red tag?")]


def test_answer_joins_the_pieces_and_passes_them_on_as_they_come() -> None:
    seen: list[str] = []
    result = answer(Reciter(["A ", "mark ", "on equipment."]), ASK, on_piece=seen.append)
    assert result.text == "A mark on equipment."
    assert seen == ["A ", "mark ", "on equipment."]
    assert result.token_count == 4


def test_time_to_the_first_token_is_not_counted_as_writing() -> None:
    clock = _ticks(10.0, 12.5, 14.5).__next__  # asked, first piece, end
    result = answer(Reciter(["A ", "mark ", "on equipment."]), ASK, clock=clock)
    assert result.first_token_s == 2.5
    assert result.tokens_per_second == 3 / 2.0  # mark, on, equipment. in two seconds


def test_a_model_that_only_repeats_itself_is_stopped() -> None:
    model = Reciter(["The rope holds ", "the winch. "] * 1_000)
    result = answer(model, ASK, max_tokens=2_000)
    assert result.is_repeating and not result.is_complete
    assert model.log[-1] == "stopped" and result.token_count == len(model.log) - 1 < 100


class Counter(Reciter):
    """A model that counts for itself, as the engine does."""

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        yield from super().stream(messages, max_tokens=max_tokens, temperature=temperature)
        return Pace(read_count=9, cached_count=4, token_count=17, tokens_per_second=59.5, is_complete=True)


def test_what_a_model_counts_itself_is_believed() -> None:
    result = answer(Counter(["A ", "mark"]), ASK, clock=_ticks(10.0, 12.5, 14.5).__next__)
    assert (result.token_count, result.tokens_per_second, result.first_token_s) == (17, 59.5, 2.5)


def test_model_that_says_nothing_gives_an_empty_answer_with_its_time() -> None:
    result = answer(Reciter([]), ASK, clock=_ticks(1.0, 4.0).__next__)
    assert result == Answer(text="", token_count=0, first_token_s=3.0, tokens_per_second=0.0)
    assert result.is_empty


def test_model_is_stopped_when_the_listener_goes_away() -> None:
    model = Reciter(["one ", "two ", "three "])

    def leave(piece: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer(model, ASK, on_piece=leave)
    assert model.log == ["one ", "stopped"]


@pytest.mark.parametrize(
    "messages", [[], [Message("user", " \n")], [Message("user", "Hello"), Message("assistant", "Hello.")]]
)
def test_without_a_question_there_is_no_answer(messages: list[Message]) -> None:
    with pytest.raises(InputError, match="no question"):
        answer(Reciter(["Yes."]), messages)


def test_longest_answer_is_passed_to_the_model() -> None:
    assert answer(Reciter(["one ", "two ", "three"]), ASK, max_tokens=2).text == "one two "
