"""Patterns: what the parts fit, and that nothing can run away."""

import pytest

from core.errors import InputError
from core.privacy.lists.patterns import Part, definition_of, of_expression, of_parts, parse_part, pattern_of

BADGE = [parse_part("letters 2"), parse_part("text -"), parse_part("digits 5")]


def matches(parts: list[Part], text: str) -> list[str]:
    return [text[start:end] for start, end in of_parts(parts).find(text)]


def test_two_letters_a_dash_and_five_digits_fit_as_a_word_of_their_own() -> None:
    assert matches(BADGE, "ab-12345, (XY-00001) AB-123456 CAB-12345 AB12345") == ["ab-12345", "XY-00001"]
    assert of_parts(BADGE).words == '2 letters, "-", 5 digits'


def test_parts_may_be_left_out_and_vary_in_length() -> None:
    parts = [parse_part("text NO"), parse_part("perhaps separator"), parse_part("digits 1-3")]
    assert matches(parts, "NO 7, no.12, No123, NO1234, NO") == ["NO 7", "no.12", "No123"]


def test_capital_letters_are_not_small_ones() -> None:
    assert matches([parse_part("capitals 2"), parse_part("digits 2")], "AB12 ab12 ÄB12") == ["AB12", "ÄB12"]


def test_signs_of_a_fixed_text_are_only_themselves() -> None:
    assert matches([Part(kind="text", text="a.*(b"), Part(kind="digits")], "a.*(b7 axxb7") == ["a.*(b7"]


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(.*a){20}",
        "(a*)*b",
        r"(\w+\s?)*$",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        "(x+x+)+y",
        "x*x*x*x*y",
        r"(\w)\1",
        "(?<=a)b",
        "(?=a)b",
        "(?:foo|bar|)+",
    ],
)
def test_expression_that_could_run_away_is_refused(expression: str) -> None:
    with pytest.raises(InputError, match="run away|open repeats|refers to its own groups"):
        of_expression(expression)


@pytest.mark.parametrize("expression", ["", "(", "a" * 201, "a*", "(?:)", "[", "a{99999999999}"])
def test_expression_that_is_none_or_fits_everything_is_refused(expression: str) -> None:
    with pytest.raises(InputError):
        of_expression(expression)


def test_search_that_takes_too_long_is_stopped_and_says_so() -> None:
    slow = of_expression(r"\w*\d*\w*\d!")  # allowed, but cubic in the length of a word
    with pytest.raises(InputError, match="takes too long"):
        list(slow.find("1" * 200_000 + " !", seconds=0.05))


def test_simple_expression_finds_its_matches() -> None:
    text = "Badge QX-1234 and qx-1."
    assert [text[a:b] for a, b in of_expression(r"\bQX-\d{4}\b").find(text)] == ["QX-1234"]


def test_parts_that_share_their_characters_in_too_many_ways_are_refused() -> None:
    wide = Part(kind="characters", least=1, most=40)
    for between in ((), (Part(kind="text", text="a"),), (Part(kind="separator", is_optional=True),)):
        with pytest.raises(InputError, match="too many ways"):
            of_parts([wide, *between, wide, *between, wide])
    of_parts([wide, Part(kind="text", text="-"), wide, Part(kind="separator"), wide])


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part(kind="digits", least=5, most=2)],
        [Part(kind="digits", least=0, most=2)],
        [Part(kind="digits", most=41)],
        [Part(kind="text", text=" ")],
        [Part(kind="separator")],
        [Part(kind="letters", is_optional=True)],
        [Part(kind="letters")] * 13,
        [Part(kind="words")],  # type: ignore[arg-type]
    ],
)
def test_parts_that_make_no_pattern_are_refused(parts: list[Part]) -> None:
    with pytest.raises(InputError):
        of_parts(parts)


@pytest.mark.parametrize("words", ["letters two", "numbers 3", "digits 3-", "regex .*", ""])
def test_words_that_are_no_part_are_refused(words: str) -> None:
    with pytest.raises(InputError, match="no part"):
        parse_part(words)


def test_examples_decide_whether_a_pattern_may_be_kept() -> None:
    pattern_of(definition_of(BADGE, fits=["AB-12345"], fits_not=["AB-1234", "AB 12345"]))
    with pytest.raises(InputError, match="does not fit example 2"):
        pattern_of(definition_of(BADGE, fits=["AB-12345", "A-12345"]))
    with pytest.raises(InputError, match="fits example 1"):
        pattern_of(definition_of(BADGE, fits_not=["AB-12345"]))
