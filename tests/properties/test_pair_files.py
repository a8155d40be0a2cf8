"""Whatever pairs say, they come back from every file that can hold them, and from the passage they are reviewed in."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy.replacement.masking import mask
from core.questions import PAIR_FORMATS, read_conversations, write_pairs
from core.questions.as_text import exchange_in, to_text
from core.questions.exchange.conversations import Message, exchanges
from core.records import Passage, QuestionPair, Span, Turn
from core.services.review.approved import masked_passages

from .profile import examples

PIECES = [
    "Question: ", "\nAnswer: ", "\n\n", "<human>: ", "\n<bot>:", "<|im_end|>", '"', "'", ",", ";", "\t", "\r", "\r\n", "=1",
    "\\", "\\ud83d", "\U0001f600", "\u2028", "\x85", "\x0b", " ", "\ufeff", "é", "[", "{", "sep=;\n", "Anna", "<PERSON_1>",
    "a", "Why?",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join).filter(str.strip)
TURNS = st.lists(st.builds(Turn, input=TEXTS, output=TEXTS), max_size=2).map(tuple)
DATA = {"datasets": "data/train.jsonl", "llama-factory": "garrison.json"}


def pair(number: int, question: str, answer: str, system: str, history: tuple[Turn, ...]) -> QuestionPair:
    return QuestionPair(
        id=str(number), project_id="p", input=question, output=answer, system=system, history=history, origin="generated",
        document_id="d", document_name="d", quote="q", created_at="2026-11-29T00:00:00.000+00:00",
    )  # fmt: skip


PAIRS = st.lists(st.tuples(TEXTS, TEXTS, st.just("") | TEXTS, TURNS), min_size=1, max_size=3).map(
    lambda rows: [pair(number, *row) for number, row in enumerate(rows)]
)


@pytest.mark.parametrize("format", [name for name, form in PAIR_FORMATS.items() if form.note is None])
@examples(40)
@given(PAIRS, st.booleans())
def test_pairs_come_back_as_they_were(format: str, pairs: list[QuestionPair], with_source: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs"
        write_pairs(pairs, path, format=format, with_source=with_source)
        talks = read_conversations(path / DATA[format] if format in DATA else path)
    found = [(each.system, each.history, each.input, each.output) for talk in talks for each in talk.learned]
    assert sorted(map(repr, found)) == sorted(repr((each.system, each.history, each.input, each.output)) for each in pairs)


@examples(40)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
def test_single_pairs_come_back_from_kiln_as_they_were(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.csv"
        write_pairs([pair(number, *row, "", ()) for number, row in enumerate(rows)], path, format="kiln")
        found = [(each.input, each.output) for talk in read_conversations(path) for each in talk.learned]
    assert found == rows


@examples(120)
@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3),
    st.just("") | TEXTS,
    st.sampled_from(["X", "Question: ", "N" * 60]),
)
def test_messages_come_back_from_their_anonymized_passage(rows: list[tuple[str, str]], system: str, surrogate: str) -> None:
    said = [Message(role="system", text=system)] if system else []
    for question, answer in rows:
        said += [Message(role="question", text=question), Message(role="answer", text=answer)]
    before = "Anna: Why?\n\n"
    piece, parts = to_text(said, start=len(before))
    text = before + piece
    spans = [
        Span(id=str(at), document_id="d", start=at, end=at + 4, entity="PERSON", score=1, detector="x", surrogate=surrogate)
        for at in range(len(text))
        if text.startswith("Anna", at)
    ]
    passage = Passage(
        id="p", document_id="d", index=0, start=len(before), end=len(text), heading="", page="", token_count=1, text=piece,
        parts=parts,
    )  # fmt: skip
    (masked,) = masked_passages(text, mask(text, spans), [passage])
    expected = exchanges([Message(role=each.role, text=each.text.replace("Anna", surrogate)) for each in said])
    for number, exchange in enumerate(expected):
        found = exchange_in(masked, number)
        assert found is not None and found[0] == exchange
