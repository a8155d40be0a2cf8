"""Classification markings: which lines are some, and what a document bears that only speaks of them."""

import pytest

from core.errors import InputError
from core.privacy.classification.markings import NONE, Marking, find_marking, level_of, marking_of
from core.records import Page

BODY = [f"Paragraph {number} says how the pump is taken apart and put together again." for number in range(1, 13)]


def paged(*pages: str) -> tuple[str, tuple[Page, ...]]:
    places, start = [], 0
    for number, page in enumerate(pages, start=1):
        places.append(Page(number=number, label=f"page {number}", start=start, end=start + len(page)))
        start += len(page) + 1
    return "\n".join(pages), tuple(places)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("SECRET", 3),
        ("- SECRET -", 3),
        ("S E C R E T", 3),
        ("T O P  S E C R E T", 4),
        ("Page 3 of 9   SECRET", 3),
        ("TOP SECRET//SI//NOFORN", 4),
        ("SECRET//REL TO USA, FVEY", 3),
        ("SECRET – UK EYES ONLY", 3),
        ("OFFICIAL", 0),
        ("OFFICIAL – SENSITIVE [COMMERCIAL]", 1),
        ("UK EYES ONLY", 1),
        ("UNCLASSIFIED", 0),
        ("UNCLASSIFIED//FOUO", 1),
        ("CUI//SP-PRVCY", 1),
        ("CONFIDENTIAL", 2),
        ("NATO RESTRICTED", 1),
        ("COSMIC TOP SECRET", 4),
        ("SECRET UE/EU SECRET", 3),
        ("VS – Nur für den Dienstgebrauch", 1),
        ("VS-NfD", 1),
        ("STRENG GEHEIM", 4),
        ("DIFFUSION RESTREINTE", 1),
    ],
)
def test_banner_line_is_a_marking_of_its_level(line: str, level: int) -> None:
    marking = marking_of(line)
    assert marking is not None and marking.level == level


@pytest.mark.parametrize(
    "line",
    [
        "kept secret",
        "Secret",
        "strictly confidential advice",
        "SECRET SERVICE",
        "RESTRICTED AREA",
        "The SECRET annex",
        "TOP",
        "",
    ],
)
def test_words_of_prose_are_no_marking(line: str) -> None:
    assert marking_of(line) is None


def test_handling_instruction_is_not_kept_for_it_may_name_people() -> None:
    marking = marking_of("OFFICIAL-SENSITIVE HANDLING INSTRUCTIONS: FOR ORLA TARKWELL ALONE")
    assert marking == Marking(1, "OFFICIAL-SENSITIVE")


def test_marking_at_head_or_foot_decides() -> None:
    assert find_marking("\n".join(["SECRET//NOFORN", *BODY])) == Marking(3, "SECRET//NOFORN")
    assert find_marking("\n".join([*BODY, "OFFICIAL-SENSITIVE"])).level == 1


def test_long_document_is_marked_on_its_first_page_or_on_two() -> None:
    page = "\n".join(BODY)
    assert find_marking(*paged("SECRET\n" + page, page, page, page)).level == 3
    assert find_marking(*paged(page, "SECRET\n" + page, page, page + "\nSECRET")).level == 3
    assert find_marking(*paged(page, page, "SECRET\n" + page, page)) == NONE


def test_marking_that_a_reader_took_off_the_text_is_seen_at_the_edges() -> None:
    text, pages = paged(*["\n".join(BODY)] * 4)
    assert find_marking(text, pages, edges=[["SECRET", "Annex A"]] * 4).level == 3


def test_secret_in_small_letters_counts_on_page_after_page_alone() -> None:
    page = "\n".join(BODY)
    assert find_marking("Secret\n" + page) == NONE
    assert find_marking(*paged("Secret\n" + page, "Secret\n" + page)).level == 3


@pytest.mark.parametrize("field", ["Classification: Secret", "SECURITY CLASSIFICATION: SECRET", "Einstufung: GEHEIM"])
def test_field_at_the_beginning_decides(field: str) -> None:
    assert find_marking("\n".join([*BODY[:8], field, *BODY])).level == 3


def test_field_deep_in_a_text_is_an_example() -> None:
    assert find_marking("\n".join([*BODY * 5, "Classification: SECRET", *BODY])) == NONE


def test_banner_beats_a_field_and_a_mention() -> None:
    text = "\n".join(["UNCLASSIFIED", *BODY[:4], "Classification: SECRET", *BODY, "UNCLASSIFIED"])
    assert find_marking(text) == Marking(0, "UNCLASSIFIED")


def test_table_that_explains_markings_is_no_marking() -> None:
    table = ["TOP SECRET", "grave damage", "SECRET", "serious damage", "CONFIDENTIAL", "damage"]
    assert find_marking("\n".join([*BODY, *table, *BODY, *table, *BODY, *table, *BODY])) == NONE
    assert find_marking("\n".join(["TOP SECRET", "SECRET", "CONFIDENTIAL", "UNCLASSIFIED", *BODY])) == NONE


def test_running_head_of_a_text_that_lost_its_pages_counts() -> None:
    assert find_marking("\n".join([*BODY, "SECRET", *BODY, "SECRET", *BODY, "SECRET", *BODY])).level == 3


def test_portion_marks_on_the_paragraphs_count_and_raise_a_banner() -> None:
    portions = ["(U) The pump is red.", "(S//NF) The pump lies in the north.", "(C) It is guarded."]
    assert find_marking("\n".join(portions)) == Marking(3, "(S//NF)")
    assert find_marking("\n".join(["UNCLASSIFIED", *portions, "UNCLASSIFIED"])).level == 3


def test_numbered_lists_are_no_portion_marks() -> None:
    text = "\n".join(["(A) First the valve.", "(B) Then the bolt.", "(C) Then the pump.", "(D) Then the hose."])
    assert find_marking(text) == NONE
    assert find_marking("\n".join([*BODY, "(S) stands for secret.", "(C) stands for confidential."])) == NONE


def test_level_is_named_by_our_word_or_by_a_marking() -> None:
    assert [level_of(words) for words in ("secret", "Top secret", "OFFICIAL-SENSITIVE", "official", "NATO RESTRICTED")] == [
        "secret",
        "top-secret",
        "restricted",
        "unclassified",
        "restricted",
    ]
    with pytest.raises(InputError, match="no classification"):
        level_of("rather secret")
