"""Question pairs in files."""

import json

import pytest

from core.errors import InputError, SetupError
from core.questions import read_pairs, write_pairs


def test_rows_have_exactly_the_keys_input_and_output(make_pair, tmp_path):
    path = tmp_path / "new folder/pairs.jsonl"
    write_pairs([make_pair("Was ist „Größe“?", "Zeile eins\nZeile zwei.")], path)
    assert path.read_text(encoding="utf-8").count("\n") == 1
    assert json.loads(path.read_text(encoding="utf-8")) == {"input": "Was ist „Größe“?", "output": "Zeile eins\nZeile zwei."}


def test_source_is_added_on_request(make_pair, tmp_path):
    pair = make_pair("Q?", "A.", page="page 3", passage_id="passage-7", quote="A (x).", quote_start=5, quote_end=11)
    write_pairs([pair], tmp_path / "pairs.jsonl", with_source=True)
    row = json.loads((tmp_path / "pairs.jsonl").read_text(encoding="utf-8"))
    assert row == {
        "input": "Q?", "output": "A.", "document": pair.document_id, "page": "page 3", "passage": "passage-7",
        "quote": "A (x).", "start": 5, "end": 11,
    }  # fmt: skip


def test_a_pair_without_a_passage_has_an_empty_one(make_pair, tmp_path):
    write_pairs([make_pair("Q?", "A.", passage_id=None)], tmp_path / "pairs.jsonl", with_source=True)
    assert json.loads((tmp_path / "pairs.jsonl").read_text(encoding="utf-8"))["passage"] == ""


def test_what_is_written_is_read_back(make_pair, tmp_path):
    pairs = [make_pair(f"Question {n}?", f"Answer\u2028{n}.") for n in range(5)]
    write_pairs(pairs, tmp_path / "pairs.jsonl", with_source=True)
    assert read_pairs(tmp_path / "pairs.jsonl") == [(pair.input, pair.output) for pair in pairs]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"input": "Why?", "output": "So."}\n{"input": "A?", "input": "B?", "output": "x"}',
            "line 2 gives 'input' two values",
        ),
        ('[{"input": "A?", "output": "x", "output": "y"}]', "row 1 gives 'output' two values"),
        (
            '{"messages": [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "x", "content": "y"}]}',
            "line 1 gives 'content' two values",
        ),
    ],
)
def test_a_row_that_says_two_things_in_one_place_is_refused(content, words, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        read_pairs(path)


def test_the_same_value_twice_says_one_thing(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"input": "A?", "input": "A?", "output": "x", "extra": ' + "[" * 900 + "]" * 900 + "}")
    assert read_pairs(path) == [("A?", "x")]


def test_failed_write_leaves_the_old_file(make_pair, tmp_path, monkeypatch):
    path = tmp_path / "pairs.jsonl"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SetupError, match="is full"):
        write_pairs([make_pair("Q?", "A.")], path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"input": "Q?", "output": "A."}, [("Q?", "A.")]),
        ({"instruction": "Q?", "input": "", "output": "A."}, [("Q?", "A.")]),
        ({"instruction": "Translate.", "input": "Haus", "output": "House."}, [("Translate.\nHaus", "House.")]),
        ({"conversations": [{"from": "human", "value": "Q?"}, {"from": "gpt", "value": "A."}]}, [("Q?", "A.")]),
        (
            {
                "messages": [
                    {"role": "system", "content": "Be kind."},
                    {"role": "user", "content": "Q?"},
                    {"role": "assistant", "content": "A."},
                    {"role": "user", "content": "Q2?"},
                    {"role": "assistant", "content": "A2."},
                ]
            },
            [("Q?", "A."), ("Q2?", "A2.")],
        ),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "json list", "indented", "byte order mark"])
def test_known_forms_are_read(tmp_path, row, expected, form):
    path = tmp_path / "pairs"
    text = {"jsonl": json.dumps(row) + "\n\n", "json list": json.dumps([row]), "indented": json.dumps(row, indent=2)}
    path.write_text(text.get(form, "\ufeff" + json.dumps(row)), encoding="utf-8")
    assert read_pairs(path) == expected


@pytest.mark.parametrize(
    "line",
    [
        "{broken", "[1, 2]", "7", '{"input": "only"}', '{"input": 3, "output": "A."}', '{"input": " ", "output": "A."}',
        '{"messages": [{"role": "user", "content": "alone"}]}', '{"messages": ["text"]}',
    ],
)  # fmt: skip
def test_broken_line_is_named(tmp_path, line):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"input": "Q?", "output": "A."}\n' * 6 + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="(?i)line 7"):
        read_pairs(path)


def test_a_file_stored_under_another_name_is_called_as_people_know_it(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text("broken\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^mine\.jsonl: line 1 is not JSON"):
        read_pairs(path, name="mine.jsonl")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b"\xff\xfe\x00 binary"])
def test_file_without_pairs_is_refused(tmp_path, content):
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_pairs(path)


@pytest.mark.parametrize("row", [r'{"input": "lone \ud800?", "output": "x"}', r'{"input": "x", "output": "\udc00"}'])
def test_half_a_character_is_refused_with_its_line(tmp_path, row):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"input": "\U0001f600", "output": "a whole one"}\n' + row, encoding="utf-8")
    with pytest.raises(InputError, match="line 2 holds half a character"):
        read_pairs(path)
