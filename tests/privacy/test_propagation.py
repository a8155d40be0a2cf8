from core.privacy import propagate
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


def test_generic_words_and_words_also_written_small_do_not_spread_alone() -> None:
    text = "Major Ember Field came. The Field was wet and an ember glowed. Ember light."
    assert spread(text, "Ember Field") == []


def test_a_case_number_spreads_and_a_date_does_not() -> None:
    assert spread("Case 36244/06; see 36244/06.", "36244/06", "REFERENCE") == ["36244/06"]
    assert spread("On 3 May 2013 and 3 May 2013.", "3 May 2013", "DATE_TIME") == []


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
