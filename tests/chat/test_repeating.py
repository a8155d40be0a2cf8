"""Answers that go on without end are noticed, and texts that only look alike are not."""

import pytest

from core.chat.repeating import repeats

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
