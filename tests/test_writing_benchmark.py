"""How the benchmark `writing` reads and places the pairs of another program; the ways themselves need a model."""

import json
from pathlib import Path

import pytest

from core.questions.writers.writer import Excerpt
from core.records import Passage
from tests.benchmarks.writing.judging import figures, foreign_candidate, judged
from tests.benchmarks.writing.peer import candidates_of, peer, text_of
from tests.benchmarks.writing.spent import Spent

PUMP = "Pumps\nThe pump must be tested every six months. Commanders approve each test."
CRANE = "The crane must be inspected every six months. It lifts 40 tons. Commanders approve each crane."


@pytest.fixture
def passages() -> list[Passage]:
    """Two passages of a document, one after the other."""
    starts = (0, len(PUMP) + 1)
    return [
        Passage(
            id=name, document_id="document", index=index, start=starts[index], end=starts[index] + len(text), heading="",
            page="", token_count=20, text=text,
        )
        for index, (name, text) in enumerate((("pump", PUMP), ("crane", CRANE)))
    ]  # fmt: skip


@pytest.fixture
def excerpts(passages: list[Passage]) -> list[Excerpt]:
    """The passages, as writers read them."""
    return [Excerpt(passage=passage, title="Manual", language="en") for passage in passages]


@pytest.mark.parametrize(
    ("question", "answer", "passage_id", "quote"),
    [
        ("How much does the crane lift?", "40 tons.", "crane", "40 tons"),
        ("How often must the pump be tested?", "Every six months.", "pump", "every six months"),  # both passages hold it
        ("How often must the crane be inspected?", "Every six months.", "crane", "every six months"),
        ("Who approves each pump test?", "Commanders", "pump", "Commanders"),
        ("What does the crane lift?", "It lifts 90 tons.", "crane", ""),  # of evidence there is none
    ],
)
def test_pair_is_placed_in_the_passage_that_holds_its_answer(passages, question, answer, passage_id, quote):
    candidate = foreign_candidate({"question": question, "answer": answer}, passages)
    assert (candidate.passage_id, candidate.quote) == (passage_id, quote)
    assert f"{PUMP}\n{CRANE}"[candidate.start : candidate.end] == quote


def test_answer_in_another_passage_than_the_likeliest_is_found_there(passages):
    item = {"question": "Which pump is tested, and when is each test of the pump approved?", "answer": "It lifts 40 tons"}
    assert foreign_candidate(item, passages).passage_id == "crane"


@pytest.mark.model  # the parser's
def test_evidence_is_counted_where_it_was_found_only(excerpts, tmp_path):
    pairs = [
        {"question": "How much does the crane lift?", "answer": "40 tons."},
        {"question": "Who inspects the crane in winter?", "answer": "The harbor master of Oslo."},
    ]
    (tmp_path / "pairs.json").write_text(json.dumps({"summary": "", "qa_pairs": pairs}), encoding="utf-8")
    written = judged(candidates_of(tmp_path / "pairs.json", excerpts), Spent(wall_s=30, processor_s=30))
    told = figures(written, excerpts)
    assert (told["written"], told["kept"], told["evidence found"]) == (2, 2, 0.5)


def test_what_is_no_pair_is_left_out(excerpts, tmp_path):
    listed = [["?"], "text", {"question": "Who?"}, {"question": "What lifts 40 tons?", "answer": "The crane", "rating": 8}]
    (tmp_path / "pairs.json").write_text(json.dumps({"summary": "A [crane].", "qa_pairs": listed}), encoding="utf-8")
    assert [each.question for each in candidates_of(tmp_path / "pairs.json", excerpts)] == ["What lifts 40 tons?"]


def test_step_that_wrote_no_file_made_no_pairs(excerpts, tmp_path: Path):
    assert candidates_of(tmp_path / "missing.json", excerpts) == []
    (tmp_path / "empty.json").write_text('{"summary": "", "qa_pairs": []}', encoding="utf-8")
    assert candidates_of(tmp_path / "empty.json", excerpts) == []


def test_peer_reads_the_passages_with_a_blank_line_between_paragraphs(excerpts):
    assert text_of(excerpts).split("\n\n") == ["Pumps", PUMP.partition("\n")[2], CRANE]


def program_that(folder: Path, act: str) -> Path:
    """A program in synthetic-data-kit's place, which ends with 0 as that does."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{act}\nexit 0\n", encoding="utf-8")
    program.chmod(0o700)
    return program


@pytest.mark.slow
def test_peer_that_writes_no_pairs_is_told_with_none(excerpts, tmp_path):
    program = program_that(tmp_path, """[ "$1" = curate ] || echo '{"qa_pairs": []}' > text_qa_pairs.json""")
    told = {way: (written.asked, written.kept) for way, written in peer(program, excerpts, "http://127.0.0.1:9/v1")}
    assert told == {"synthetic-data-kit create": (0, []), "synthetic-data-kit create, curate": (0, [])}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "message"),
    [
        (":", "wrote no file"),
        (
            """echo '{"qa_pairs": []}' > text_qa_pairs.json; echo 'api-endpoint API error (attempt 3/3): timed out' >&2""",
            "timed",
        ),
    ],
)
def test_peer_that_failed_does_not_pass_for_one_that_wrote_nothing(excerpts, tmp_path, act, message):
    with pytest.raises(AssertionError, match=message):
        list(peer(program_that(tmp_path, act), excerpts, "http://127.0.0.1:9/v1"))
