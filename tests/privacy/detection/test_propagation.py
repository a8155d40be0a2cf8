from dataclasses import replace

import pytest

from core.privacy import propagate
from core.privacy.entities import ENTITIES
from core.records import Detection


def found(text: str, value: str, entity: str = "PERSON") -> Detection:
    start = text.index(value)
    return Detection(start=start, end=start + len(value), entity=entity, score=0.85, detector="spacy")


def spread(text: str, value: str, entity: str = "PERSON") -> list[str]:
    return [text[d.start : d.end] for d in propagate(text, [found(text, value, entity)])]


def test_a_name_is_found_again_in_capitals_and_by_its_surname() -> None:
    text = "Nora Whitcombe spoke. NORA WHITCOMBE left; Whitcombe's hat stayed."
    assert spread(text, "Nora Whitcombe") == ["NORA WHITCOMBE", "Whitcombe"]


def test_a_name_broken_over_a_line_is_found() -> None:
    assert spread("Nora Whitcombe spoke, and Nora\nWhitcombe left.", "Nora Whitcombe") == ["Nora\nWhitcombe"]


def test_generic_words_do_not_spread_alone_and_parts_of_a_full_name_do_though_written_small_elsewhere() -> None:
    text = "Major Ember Field came. The Field was wet and an ember glowed. Ember left."
    assert spread(text, "Ember Field") == ["Ember"]


def test_a_single_name_of_a_place_that_the_text_also_writes_small_does_not_spread() -> None:
    assert spread("They met at Ember. An ember glowed. Ember light.", "Ember", "LOCATION") == []


def test_a_full_name_is_found_in_small_letters_and_its_words_alone_are_not() -> None:
    text = "Mark Rose came. The pressure rose, so mark it. Later mark rose left, and Mark rose. Rose stayed."
    assert spread(text, "Mark Rose") == ["mark rose", "Mark rose", "Rose"]


def test_a_full_name_in_capitals_is_found_as_people_write_it() -> None:
    assert spread("NORA WHITCOMBE left. Nora Whitcombe came; nora whitcombe: ok", "NORA WHITCOMBE") == [
        "Nora Whitcombe",
        "nora whitcombe",
    ]


@pytest.mark.parametrize("written", ["sgt pike", "@pike", "<pike> Yes", "[10:40] pike: OK, I am", "pike: OK", "thanks pike"])
def test_a_surname_in_small_letters_is_found_where_somebody_is_meant(written: str) -> None:
    text = f"Sgt Pike has the pike pole.\n{written}"
    by_rank = Detection(start=4, end=8, entity="PERSON", score=0.95, detector="rules")
    assert [text[d.start : d.end] for d in propagate(text, [by_rank])] == ["pike"]
    assert spread(text, "Pike") == []  # what one model takes for a name, and the text for a tool


@pytest.mark.parametrize("written", ["I asked merrick.", "merrick's car stood there.", "Nobody saw Merrick or merrick."])
def test_a_proven_surname_that_is_no_english_word_is_found_in_small_letters(written: str) -> None:
    text = f"Hannah Merrick has the key. {written}"
    assert spread(text, "Hannah Merrick")[-1] == "merrick"
    assert "pike" not in spread(f"Hannah Pike has it. {written.replace('errick', 'ike').replace('m', 'p')}", "Hannah Pike")


def test_a_name_that_a_model_takes_for_a_place_gives_its_parts_too() -> None:
    assert spread("Orla Tarkwell took it. Later Tarkwell left.", "Orla Tarkwell", "LOCATION") == ["Tarkwell"]
    assert spread("They met at Harbor Field. The Field was wet.", "Harbor Field", "LOCATION") == []


def test_an_initial_that_is_an_article_in_small_letters_finds_no_flower() -> None:
    assert spread("A. Rose came. Then a rose fell, and A. Rose left.", "A. Rose") == ["A. Rose"]


def test_a_case_number_spreads_and_a_date_does_not() -> None:
    assert spread("Case 36244/06; see 36244/06.", "36244/06", "REFERENCE") == ["36244/06"]
    assert spread("On 3 May 2013 and 3 May 2013.", "3 May 2013", "DATE_TIME") == []


@pytest.mark.parametrize("entities", [("PERSON", "REFERENCE"), ("REFERENCE", "PERSON"), ("LOCATION", "ORGANIZATION")])
def test_of_two_types_of_one_text_the_one_that_ranks_first_spreads(entities: tuple[str, str]) -> None:
    text = "Tarkwell spoke to Tarkwell, and Tarkwell left."
    first, second = found(text, "Tarkwell", entities[0]), found(text, "Tarkwell", entities[1])
    again = propagate(text, [first, replace(second, start=18, end=26)])
    assert [detection.entity for detection in again] == [min(entities, key=ENTITIES.index)]


def test_what_is_covered_already_is_not_found_again() -> None:
    text = "Whitcombe and Whitcombe"
    both = [found(text, "Whitcombe"), Detection(start=14, end=23, entity="PERSON", score=0.85, detector="rules")]
    assert propagate(text, both) == []


def test_a_hundred_thousand_equal_names_are_found_in_one_pass() -> None:
    text = "Nora Whitcombe " * 100_000
    assert len(propagate(text, [found(text, "Nora Whitcombe")])) == 99_999


def test_part_of_a_word_is_not_the_name() -> None:
    assert spread("Lang met nobody; Langford and Klang rang.", "Lang") == []


def test_a_ship_named_with_its_prefix_is_found_without_it() -> None:
    text = "The crew of HMS Brackenfell went ashore. Brackenfell sailed without them."
    first = Detection(start=12, end=27, entity="VESSEL", score=0.9, detector="rules")
    assert [text[d.start : d.end] for d in propagate(text, [first])] == ["Brackenfell"]
