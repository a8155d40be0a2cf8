"""Whoever listens to an answer is never held up by a model that says nothing yet."""

import threading
from collections.abc import Generator

import pytest

from core.chat import with_pauses
from core.errors import SetupError
from core.models.text import Pace

PACE = Pace(read_count=9, cached_count=0, token_count=2, tokens_per_second=None, is_complete=True)


def test_pieces_and_pace_come_through_and_silence_is_told() -> None:
    may_speak = threading.Event()

    def stream() -> Generator[str, None, Pace]:
        assert may_speak.wait(10)
        yield "A "
        yield "rope."
        return PACE

    listened = with_pauses(stream(), every_s=0.01)
    assert next(listened) is None
    may_speak.set()
    heard = []
    with pytest.raises(StopIteration) as end:
        while True:
            heard.append(next(listened))
    assert [piece for piece in heard if piece] == ["A ", "rope."] and end.value.value == PACE


def test_leaving_does_not_wait_and_closes_the_stream_once_its_piece_has_come() -> None:
    may_speak, closed = threading.Event(), threading.Event()

    def stream() -> Generator[str, None, Pace]:
        try:
            assert may_speak.wait(10)
            while True:
                yield "tick "
        finally:
            closed.set()

    listened = with_pauses(stream(), every_s=0.01)
    assert next(listened) is None
    listened.close()  # returns although the model says nothing
    assert not closed.is_set()
    may_speak.set()
    assert closed.wait(10)


@pytest.mark.parametrize("error", [SetupError("gone", "Try again."), ValueError("x"), KeyboardInterrupt()])
def test_what_the_stream_raises_is_raised(error: BaseException) -> None:
    def stream() -> Generator[str, None, Pace]:
        yield "A "
        raise error

    with pytest.raises(type(error)) as raised:
        for _ in with_pauses(stream(), every_s=0.01):
            pass
    assert raised.value is error
