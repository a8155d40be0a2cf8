"""Answers that go on without end are noticed, and texts that only look alike are not."""

from collections.abc import Generator

import pytest

from core.chat.repeating import repeats, until_repeating
from core.models.text import Pace

LOOP = "The gate is closed by the keeper of the gate. "


@pytest.mark.parametrize(
    "text",
    [
        f"First, some words of sense. {LOOP * 6}",
        f"{LOOP * 6}The gate is clo",
        "and 7 ropes, " * 30,
        "1. Check the oil.\n2. Check the oil.\n3. " + "Check the oil and wait for the bell.\n" * 7,
    ],
)
def test_the_same_phrase_again_and_again_is_noticed_wherever_it_breaks_off(text):
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        LOOP * 3,
        "\n".join(f"{number}. Check valve {number} of the pump." for number in range(60)),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        f"{LOOP * 6}Then the storm passed, and all of them went home by the old road.",
        "",
    ],
)
def test_lists_tables_and_a_refrain_that_ends_are_none(text):
    assert not repeats(text)


PACE = Pace(read_count=9, cached_count=0, token_count=3, tokens_per_second=None, is_complete=True)


def _said(*pieces: str) -> Generator[str, None, Pace]:
    yield from pieces
    return PACE


def _heard(stream: Generator[str, None, Pace]) -> tuple[str, Pace]:
    heard = ""
    while True:
        try:
            heard += next(stream)
        except StopIteration as end:
            return heard, end.value


def test_an_answer_that_ends_by_itself_keeps_its_pace():
    assert _heard(until_repeating(_said("A ", "red ", "tag."))) == ("A red tag.", PACE)


@pytest.mark.parametrize("begun", ["", LOOP * 4, "The lamp is lit. " * 200])
def test_an_answer_is_ended_once_it_only_repeats_itself(begun):
    heard, pace = _heard(until_repeating(_said(*[LOOP] * 500), begun=begun))
    assert len(LOOP) * 2 <= len(heard) < len(LOOP) * 10
    assert (pace.is_repeating, pace.is_complete, pace.token_count) == (True, False, heard.count(LOOP))


def test_what_was_begun_is_gone_on_with_even_if_it_repeated_itself():
    heard, pace = _heard(
        until_repeating(_said("Then the storm passed, and all of them went home by the old road."), begun=LOOP * 9)
    )
    assert heard.endswith("road.") and pace == PACE
