"""A type of personal data is one record: what is added there is known in every room."""

import re
from typing import get_args

import pytest

from core.privacy.detection.propagation import propagate
from core.privacy.entities import COMMON, ENTITIES, NAMES, TYPE_OF, TYPES, Color, EntityType, Invention, invented_as
from core.privacy.replacement.invention.candidates import _INVENTIONS
from core.privacy.replacement.surrogates import SurrogateTable
from core.records import Detection
from dashboard.components.review.page_text import entity_color, entity_words

BY_OWN_RULES = {"person", "date", "grid", "label"}


def table() -> SurrogateTable:
    return SurrogateTable(b"k" * 32, ())


def test_no_type_lacks_a_part():
    assert len(TYPE_OF) == len(TYPES)
    for type_ in TYPES:
        assert re.fullmatch(r"[A-Z_]+", type_.name) and type_.words and type_.sample
        assert type_.color in get_args(Color) and type_.invention in get_args(Invention)


def test_every_way_to_invent_is_known_where_surrogates_are_made():
    assert set(get_args(Invention)) == BY_OWN_RULES | _INVENTIONS.keys()
    assert {type_.invention for type_ in TYPES} == set(get_args(Invention))


@pytest.mark.parametrize("type_", [type_ for type_ in TYPES if type_.invention != "label"], ids=lambda type_: type_.name)
def test_a_value_is_replaced_by_another_of_its_kind_and_by_no_label(type_: EntityType):
    surrogate = table().surrogate(type_.name, type_.sample)
    assert surrogate != type_.sample and not surrogate.startswith("<")


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.name)
def test_a_value_that_spreads_is_masked_where_it_stands_again(type_: EntityType):
    text = f"It says {type_.sample} here, and {type_.sample} there."
    start = text.index(type_.sample)
    first = Detection(start=start, end=start + len(type_.sample), entity=type_.name, score=0.9, detector="rules")
    second = text.index(type_.sample, start + 1)
    masked = [found for found in propagate(text, [first]) if found.start >= second]
    assert bool(masked) == type_.spreads
    assert not masked or masked[0].start - second <= 1 and masked[-1].end == second + len(type_.sample)  # a "+" may stay


def test_the_tables_follow_the_records():
    assert COMMON[0] == "PERSON" and set(COMMON) <= set(ENTITIES)
    assert len({type_.frequency for type_ in TYPES if type_.frequency}) == len(COMMON)
    assert {"PERSON", "LOCATION", "ORGANIZATION"} <= set(NAMES)
    assert invented_as("date") == {"DATE_TIME", "DATE_OF_BIRTH"}


def test_pages_show_words_and_color_of_the_record():
    assert [(entity_words(name), entity_color(name)) for name in ENTITIES] == [(type_.words, type_.color) for type_ in TYPES]
    assert entity_words("SOMETHING_OLD") == "something old"  # of a workspace that knew another type
