"""Surrogates of random values: the same for the same value, different for different ones, whatever comes when."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy import SurrogateTable
from core.privacy.entities import ENTITIES, NAMES

from .material import FAMILY, GIVEN, value
from .profile import examples
from .survival import plain

pytestmark = pytest.mark.slow

KEYS = st.binary(min_size=32, max_size=32)
SEEDS = st.integers(0, 2**32)


def values(seed: int, number: int) -> list[tuple[str, str]]:
    """Different values with their types, in a random order."""
    rng = random.Random(seed)
    found = [value(rng) for _ in range(number)]
    return list({plain(text): (entity, text) for entity, text in found}.values())


@examples(150)
@given(KEYS, SEEDS)
def test_a_value_has_one_surrogate_however_it_is_written(key: bytes, seed: int) -> None:
    table = SurrogateTable(key, [])
    rng = random.Random(seed)
    for entity, text in values(seed, 30):
        first = table.surrogate(entity, text)
        spaced = " ".join(text.split()).replace(" ", rng.choice(["  ", "\n", "\u00a0", "\t "]))
        written = rng.choice([text, spaced, f" {text}"])
        assert plain(table.surrogate(entity, written)) == plain(first)
        if text.upper().casefold() == text.casefold():
            assert plain(table.surrogate(entity, text.upper())) == plain(first)


@examples(150)
@given(KEYS, SEEDS)
def test_a_stored_table_goes_on_as_the_one_before(key: bytes, seed: int) -> None:
    table = SurrogateTable(key, [])
    before = [(entity, text, table.surrogate(entity, text)) for entity, text in values(seed, 20)]
    again = SurrogateTable(key, table.rows.new())
    assert [again.surrogate(entity, text) for entity, text, _ in before] == [surrogate for _, _, surrogate in before]


@examples(150)
@given(KEYS, SEEDS)
def test_different_values_have_different_surrogates_across_types(key: bytes, seed: int) -> None:
    table = SurrogateTable(key, [])
    given_out: dict[str, str] = {}
    for entity, text in values(seed, 60):
        surrogate = plain(table.surrogate(entity, text))
        assert given_out.setdefault(surrogate, plain(text)) == plain(text)


@examples(150)
@given(KEYS, SEEDS)
def test_no_surrogate_is_a_value_known_when_it_was_given_out(key: bytes, seed: int) -> None:
    """Known are the words of the document at hand (`avoid`) and every value that got a surrogate before."""
    found = values(seed, 40)
    rows: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    for start in range(0, len(found), 10):
        batch = found[start : start + 10]
        table = SurrogateTable(key, rows, avoid=[text for _, text in batch])
        seen |= {plain(text) for _, text in batch}
        for entity, text in batch:
            assert plain(table.surrogate(entity, text)) not in seen
        rows += table.rows.new()


@examples(100)
@given(KEYS, SEEDS)
def test_a_name_keeps_its_surrogate_when_it_is_taken_for_something_else(key: bytes, seed: int) -> None:
    rng = random.Random(seed)
    table = SurrogateTable(key, [])
    for _ in range(15):
        name = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
        first, second = rng.sample([entity for entity in NAMES if entity in ENTITIES], 2)
        assert plain(table.surrogate(first, name)) == plain(table.surrogate(second, name))
