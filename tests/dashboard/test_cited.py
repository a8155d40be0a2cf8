"""Cited answers as HTML: numbers of sources, marked words, and nothing that a text could smuggle in."""

import pytest

from core.retrieval import Citation, CitedSentence, Source
from dashboard.components.chat.cited import cited_html, source_html


def source(text):
    return Source(
        document_id="d", document="a.txt", review_id="r", passage_id="p", heading="", page="page 1", start=0, text=text
    )


def test_sentences_carry_the_numbers_of_their_sources_and_the_rest_is_underlined():
    sentences = (
        CitedSentence(
            text="The rope is new.", citations=(Citation(source=3, start=0, end=4), Citation(source=1, start=0, end=4))
        ),
        CitedSentence(text="It is blue."),
    )
    made = cited_html("The rope is new. It is blue.", sentences, {1: 1, 3: 2})
    assert made == "The rope is new.<sup>1, 2</sup> <u>It is blue.</u>"


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "</u><script>x</script>", "a & <b> \"c\" 'd'"])
def test_nothing_in_an_answer_or_a_source_becomes_markup(text):
    for made in (
        cited_html(text, (CitedSentence(text=text),), {}),
        cited_html(f"x {text}", (), {}),
        source_html(source(text), [Citation(source=0, start=0, end=4)]),
    ):
        bare = made.replace("<u>", "").replace("</u>", "").replace("<mark>", "").replace("</mark>", "")
        assert "<" not in bare and ">" not in bare


def test_overlapping_citations_mark_words_once_and_keep_the_text_whole():
    marked = source_html(source("abcdefgh"), [Citation(source=0, start=2, end=5), Citation(source=0, start=4, end=6)])
    assert marked == "ab<mark>cde</mark>fgh"


def test_a_sentence_that_does_not_stand_in_the_answer_changes_nothing():
    assert cited_html("One. Two.", (CitedSentence(text="Three."), CitedSentence(text="Two.")), {}) == "One. <u>Two.</u>"
