"""Passages and what a model reads at once."""

import pytest

from core.errors import InputError
from core.questions.writers.fitting import LEAST_TOKENS, Room, fitted, text_tokens
from core.questions.writers.guided import GUIDED
from core.questions.writers.several import SEVERAL
from core.settings import GenerationSettings


def words(text: str) -> int:
    return len(text.split())


SENTENCES = [f"Valve {number} is opened by the operator before the pump of line {number} starts." for number in range(20)]
TEXT = "  ".join(SENTENCES)


def test_what_fits_stays_whole(make_excerpt):
    excerpt = make_excerpt(TEXT, before="b", after="a", terms={"pump": "a machine"})
    assert fitted(excerpt, 1000, words) == [excerpt]


def test_what_stands_around_goes_first(make_excerpt):
    excerpt = make_excerpt(TEXT, before="b " * 50, terms={"pump": "a machine"})
    (alone,) = fitted(excerpt, words(TEXT) + 10, words)
    assert alone.passage == excerpt.passage and (alone.before, alone.terms) == ("", {})


def test_the_second_passage_goes_where_both_do_not_fit(make_excerpt, make_passage):
    excerpt = make_excerpt(TEXT, linked=make_passage("More. " * 30), before="before it")
    (alone,) = fitted(excerpt, words(TEXT) + 10, words)
    assert alone.linked is None and alone.before == "before it"


def test_a_long_passage_is_cut_at_sentences_and_nothing_is_lost(make_excerpt):
    excerpt = make_excerpt(TEXT, start=40)
    parts = [part.passage for part in fitted(excerpt, 60, words)]
    assert len(parts) > 4 and all(words(part.text) <= 60 for part in parts)
    assert all(TEXT[part.start - 40 : part.end - 40] == part.text for part in parts)
    assert {part.id for part in parts} == {excerpt.passage.id}
    assert " ".join(" ".join(part.text.split()) for part in parts) == " ".join(TEXT.split())
    assert all(part.text.startswith("Valve") and part.text.endswith("starts.") for part in parts)


@pytest.mark.parametrize("text", ["word " * 300, "x" * 900])
def test_a_sentence_longer_than_the_model_reads_is_cut_at_words_or_else_anywhere(make_excerpt, text):
    def count(piece: str) -> int:
        return len(piece) // 4 + 1

    parts = [part.passage for part in fitted(make_excerpt(text), 50, count)]
    assert all(count(part.text) <= 50 for part in parts)
    assert "".join(part.text for part in parts).replace(" ", "") == text.replace(" ", "")


def test_the_room_for_text_is_what_instructions_and_answer_leave():
    settings = GenerationSettings(per_passage=4)
    small, large = (text_tokens(SEVERAL, settings, Room(tokens, words)) for tokens in (2000, 3000))
    assert small is not None and large == small + 1000
    assert text_tokens(SEVERAL, GenerationSettings(per_passage=2), Room(2000, words)) > small
    assert text_tokens(GUIDED, settings, Room(10, words)) is None


def test_a_model_that_reads_too_little_is_named_with_what_to_do():
    with pytest.raises(InputError, match="reads 600 tokens at once") as error:
        text_tokens(SEVERAL, GenerationSettings(per_passage=8), Room(600, words))
    assert "fewer questions" in error.value.hint.words and LEAST_TOKENS > 0
