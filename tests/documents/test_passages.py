"""Passages: exact offsets, whole sentences, headings, pages, and no text that makes it hang."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.documents import split_passages, word_count
from core.records import Page, Passage
from core.settings import SplitSettings


def words(text: str) -> int:
    return len(re.findall(r"\S+", text))


def split(text: str, pages: tuple[Page, ...] = (), limit: int = 32) -> list[Passage]:
    return split_passages("document-1", text, pages, settings=SplitSettings(passage_tokens=limit), count_tokens=words)


@given(st.text(alphabet=st.sampled_from("aB1.?! \n#•-é\u2028"), max_size=400))
def test_offsets_are_exact_and_nothing_but_blanks_is_lost(text: str) -> None:
    passages = split(text)
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    position = 0
    for passage in passages:
        assert not text[position : passage.start].strip()
        position = passage.end
    assert not text[position:].strip()


def test_passages_are_within_the_limit_and_end_at_sentence_ends() -> None:
    text = " ".join(f"The pump number {number} is checked by the crew every night." for number in range(200))
    passages = split(text)
    assert all(passage.token_count <= 32 and passage.text.endswith("night.") for passage in passages)
    assert [passage.index for passage in passages] == list(range(len(passages)))
    assert len({passage.id for passage in passages}) == len(passages)


def test_each_sentence_is_counted_once() -> None:
    text = " ".join(f"The pump number {number} is checked." for number in range(500))
    counted: list[str] = []

    def count(piece: str) -> int:
        counted.append(piece)
        return words(piece)

    split_passages("document-1", text, (), settings=SplitSettings(), count_tokens=count)
    assert len(counted) == 500


def test_markdown_headings_are_kept_above_their_passages() -> None:
    body = "The pump is checked by the crew every night and that is good. " * 2
    text = f"# Pumps\n\n{body}\n\n## Care\n\n{body}\n\n# Valves\n\n{body}"
    assert [passage.heading for passage in split(text)] == ["Pumps", "Pumps > Care", "Valves"]
    assert split(text)[1].text.startswith("## Care\n\nThe pump")


def test_headings_of_manuals_are_recognized_without_marks() -> None:
    body = "The pump is checked by the crew every night and that is good. " * 2
    text = f"Chapter 1 Pumps\n\nGENERAL CARE\n1-1. {body}\n\n1-2. {body}\n\nNight Care\n1-3. {body}"
    assert [passage.heading for passage in split(text)] == [
        "Chapter 1 Pumps > GENERAL CARE", "Chapter 1 Pumps > GENERAL CARE", "Chapter 1 Pumps > Night Care",
    ]  # fmt: skip


def test_numbered_paragraph_begins_a_passage_that_is_half_full() -> None:
    first = "1-1. " + "The pump is checked by the crew. " * 3
    text = f"{first}\n1-2. The valve is opened by hand and closed again."
    assert [passage.text[:4] for passage in split(text)] == ["1-1.", "1-2."]


def test_heading_is_not_left_at_the_end_of_a_passage() -> None:
    text = "The pump is checked by the crew. " * 4 + "\n\n## Care\n\n" + "The valve is opened. " * 3
    assert split(text)[-1].text.startswith("## Care")


def test_page_is_where_the_passage_starts() -> None:
    first, second = "The pump is checked by the crew. " * 4, "The valve is opened by the crew. " * 4
    text = first + second
    pages = (
        Page(number=1, label="page 1", start=0, end=len(first)),
        Page(number=2, label="page 2", start=len(first), end=len(text)),
    )
    assert [passage.page for passage in split(text, pages)] == ["page 1", "page 2"]


def test_sentence_longer_than_a_passage_is_cut_between_words() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    passages = split(text)
    assert all(passage.token_count <= 32 for passage in passages)
    assert " ".join(passage.text for passage in passages) == text


def test_five_megabytes_in_one_line_without_a_blank_are_counted_in_small_pieces() -> None:
    longest = 0

    def count(piece: str) -> int:
        nonlocal longest
        longest = max(longest, len(piece))
        return len(piece) // 4 + 1

    text = "x" * 5_000_000
    passages = split_passages("document-1", text, (), settings=SplitSettings(), count_tokens=count)
    assert "".join(passage.text for passage in passages) == text
    assert longest <= 256 * 8  # the most characters a passage of 256 tokens is expected to have


def test_words_are_counted_as_word_processors_do() -> None:
    assert word_count("Two words – and 3-4 more, isn't it?\n• x") == 8
