"""Page furniture is found by repetition in text that has lost its lines, and prose is left alone."""

import random
from pathlib import Path

from core.documents.layout import joined_hyphens, restored_lines
from core.documents.plain import read_plain
from core.documents.unpaged_text import without_running_text

WORDS = "pump valve crew station pressure report water night engine the a of to is and was with".split()


def prose(noise: random.Random, sentences: int) -> str:
    made = []
    for _ in range(sentences):
        words = [noise.choice(WORDS) for _ in range(noise.randrange(8, 20))]
        made.append(" ".join(words).capitalize() + ".")
    return " ".join(made)


def book(header_of: "dict[int, str]") -> tuple[str, str]:
    """Flat text with `header_of[page]` in front of each page's words, and the text without headers."""
    noise = random.Random(3)
    words = prose(noise, 40 * len(header_of)).split()
    share = len(words) // len(header_of)
    with_headers, without = [], []
    for index, header in enumerate(header_of.values()):
        piece = words[index * share : (index + 1) * share]
        with_headers += [header, *piece]
        without += piece
    return " ".join(with_headers), " ".join(without)


def test_headers_on_left_and_right_pages_go_with_their_titles() -> None:
    headers = {
        page: f"Chapter 2 2-{page} SH 7-0 14 June 2021" if page % 2 == 0 else f"Water Works 14 June 2021 SH 7-0 2-{page}"
        for page in range(3, 23)
    }
    text, expected = book(headers)
    assert without_running_text(text).split() == expected.split()


def test_page_words_alone_go() -> None:
    text, expected = book({page: f"Page {page} of 12" for page in range(1, 13)})
    assert without_running_text(text).split() == expected.split()


def test_prose_without_headers_is_unchanged() -> None:
    text = prose(random.Random(1), 2_000)
    assert without_running_text(text) == text


def test_references_to_pages_and_numbered_steps_are_left_alone() -> None:
    noise = random.Random(2)
    text = " ".join(
        f"Step {number} begins here. {prose(noise, 12)} See figure 2-{noise.randrange(1, 9)} on "
        f"page 2-{noise.randrange(1, 60)} too."
        for number in range(1, 60)
    )
    assert without_running_text(text) == text


def test_broken_words_follow_the_words_of_the_text() -> None:
    text = (
        "Near-real-time data. Unarmed men. The un- armed and near-real- time kind, pre- and post-war, "
        "small- unit small unit."
    )
    assert joined_hyphens(text).endswith("The unarmed and near-real-time kind, pre- and post-war, small-unit small unit.")


def test_numbered_paragraphs_and_their_headings_get_lines() -> None:
    text = (
        "It ends. WATER WORKS 1-1. The first one. See paragraph 1-9. 1-2. The second: • one • two Pump Care 1-3. The third."
    )
    assert restored_lines(text).split("\n") == [
        "It ends.", "", "WATER WORKS", "1-1. The first one. See paragraph 1-9.", "", "1-2. The second:",
        "• one", "• two Pump Care", "", "1-3. The third.",
    ]  # fmt: skip


def test_chapters_that_begin_alike_keep_their_text(tmp_path: Path) -> None:
    beginning = "The pump is driven by a shaft with two bearings. Check the oil before each start and after four hours"
    rest = "at work. The level is read on the glass while the pump stands still. A bearing that runs hot is taken out."
    text = "\n\n".join(f"Chapter {number}\n\n{beginning} {rest}" for number in range(1, 15))
    (tmp_path / "pump.txt").write_text(text, encoding="utf-8")
    assert read_plain(tmp_path / "pump.txt")[0].split() == text.split()
