"""Sentences: where they end in prose, lists and wrapped lines, and no text that makes splitting slow."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.english.abbreviations import ABBREVIATIONS, MAY_END_SENTENCE
from core.language.sentences import sentences

ODD = st.text(alphabet=st.sampled_from('aaaaBB..?!) \n"1a/\u2028'), max_size=300)


def shown(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_end_where_a_reader_ends_them() -> None:
    text = (
        "Dr. A. Berg of the U.S. Army left at 10 p.m. He met Sgt. Otto (see fig. 3). "
        "Is it so? Yes! 1-2. The next, e.g. this. End"
    )
    assert shown(text) == [
        "Dr. A. Berg of the U.S. Army left at 10 p.m.", "He met Sgt. Otto (see fig. 3).", "Is it so?", "Yes!",
        "1-2. The next, e.g. this.", "End",
    ]  # fmt: skip


def test_a_line_break_ends_a_sentence() -> None:
    assert shown("Name: Anna\nName: Otto\n\n• one") == ["Name: Anna", "Name: Otto", "• one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wash, dry etc. The rest stays.", ["Wash, dry etc.", "The rest stays."]),
        ("Wash, dry etc. every day.", ["Wash, dry etc. every day."]),
        ("That is operational art. It takes years.", ["That is operational art.", "It takes years."]),
        ("It follows from art. 5 of the law.", ["It follows from art. 5 of the law."]),
        ("See app. 2 and para. 3 there.", ["See app. 2 and para. 3 there."]),
        ("The U.N. Assembly met.", ["The U.N. Assembly met."]),
        ("As in annex L. (See there.)", ["As in annex L. (See there.)"]),
        ("Stop! go on.", ["Stop!", "go on."]),
        ("The valve is shut.The pump runs.", ["The valve is shut.", "The pump runs."]),
        ("See www.Example.org or a/b.Config there.", ["See www.Example.org or a/b.Config there."]),
        ("One\nTwo", ["One", "Two"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_period_ends_a_sentence_or_an_abbreviation(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


def test_a_wrapped_line_ends_no_sentence_where_blank_lines_do() -> None:
    text = "A wrapped\nline. Next\n \nLast"
    cut = [text[start:end] for start, end in sentences(text, ended_by="blank line")]
    assert cut == ["A wrapped\nline.", "Next", "Last"]


def test_a_part_of_a_text_is_cut_with_the_offsets_of_the_whole() -> None:
    text = "One here. Two there. Three away."
    assert [text[start:end] for start, end in sentences(text, 10, 26)] == ["Two there.", "Three"]


def test_only_certain_ends_leave_names_whole() -> None:
    text = "Ask Capt. J. Ellison of Hale. He is in. The valve is shut. Sgt. Berg came."
    cut = [text[start:end] for start, end in sentences(text, only_certain=True)]
    assert cut == ["Ask Capt. J. Ellison of Hale. He is in. The valve is shut.", "Sgt. Berg came."]


@pytest.mark.parametrize("only_certain", [False, True])
@given(text=ODD)
def test_nothing_but_blanks_is_lost(text: str, only_certain: bool) -> None:
    at = 0
    for start, end in sentences(text, only_certain=only_certain):
        assert at <= start < end and not text[at:start].strip() and text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(text=ODD)
def test_certain_sentences_are_made_of_whole_ones(text: str) -> None:
    starts, ends = zip(*sentences(text), strict=True) if text.strip() else ((), ())
    for start, end in sentences(text, only_certain=True):
        assert start in starts and end in ends


def test_five_megabytes_of_full_stops_are_read_once() -> None:
    text = "a. b. " * 800_000
    assert sum(1 for _ in sentences(text)) > 0


@pytest.mark.parametrize("unit", ["\n ", "\n", " ", ". ", "a.B", "1-2. ", ".)", "(" * 40 + ". "])
@pytest.mark.parametrize("ended_by", ["line", "blank line"])
def test_time_grows_with_the_length_and_no_faster(unit, ended_by) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        begun = time.process_time()
        for _ in sentences(text, ended_by=ended_by):
            pass
        return time.process_time() - begun

    assert min(seconds(400_000) for _ in range(3)) < 12 * min(seconds(100_000) for _ in range(3)) + 0.05


def test_what_may_end_a_sentence_is_an_abbreviation() -> None:
    assert MAY_END_SENTENCE < ABBREVIATIONS
    assert all(word == word.lower() and not word.endswith(".") for word in ABBREVIATIONS)
