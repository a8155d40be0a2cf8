"""What is exported is read back the same, in every format that can be read; others are read by the programs they are for."""

import json
import zipfile

import pytest

from core.errors import InputError
from core.questions import PAIR_FORMATS, read_conversations, write_pairs
from core.questions.formats import FORMATS
from core.records import Turn

CUNNING = "What do\n<human>: and\n<bot>: mean, Question: or\nAnswer: ?"
# where the pairs of a format of several files lie
DATA = {"datasets": "data/train.jsonl", "llama-factory": "garrison.json"}


@pytest.fixture
def single(make_pair):
    return [
        make_pair("Was ist „Größe“?", "Zeile eins\nZeile zwei.", page="page 3", quote="eins"),
        make_pair('She said: "=1+1", and; then\t?', "-1, +1 \U0001f600 @you\u2028end"),
    ]


@pytest.fixture
def talking(single, make_pair):
    """A conversation of three turns, another whose first turn was dropped, and pairs of their own."""
    first, second, other = (Turn(input=f"{each}?", output=f"{each}.") for each in ("One", "Two", "Gone"))
    return [
        single[0],
        make_pair("One?", "One.", system="Be brief."),
        make_pair("Two?", "Two.", system="Be brief.", history=(first,)),
        make_pair("Three?", "Three.", system="Be brief.", history=(first, second)),
        make_pair("Later?", "Later.", history=(other,)),
        single[1],
    ]


def read(path, format):
    data = path / DATA[format] if format in DATA else path
    return [
        (pair.system, pair.history, pair.input, pair.output) for talk in read_conversations(data) for pair in talk.learned
    ]


def written(pairs):
    return [(pair.system, pair.history, pair.input, pair.output) for pair in pairs]


def test_every_module_of_the_package_is_a_format():
    assert {"jsonl", "alpaca", "sharegpt", "chatml", "human-bot", "parquet", "datasets", "llama-factory", "kiln"} <= set(
        PAIR_FORMATS
    )
    assert {"csv", "xlsx"} <= FORMATS.keys() - PAIR_FORMATS.keys()
    assert next(iter(PAIR_FORMATS)) == "jsonl"


@pytest.mark.parametrize("with_source", [False, True])
@pytest.mark.parametrize("format", PAIR_FORMATS)
def test_single_pairs_come_back_as_they_were(single, tmp_path, format, with_source):
    path = tmp_path / f"pairs{PAIR_FORMATS[format].suffix}"
    write_pairs(single, path, format=format, with_source=with_source)
    assert read(path, format) == written(single)


@pytest.mark.parametrize("with_source", [False, True])
@pytest.mark.parametrize("format", [name for name, form in PAIR_FORMATS.items() if form.note is None])
def test_conversations_come_back_as_they_were(talking, tmp_path, format, with_source):
    path = tmp_path / f"pairs{PAIR_FORMATS[format].suffix}"
    write_pairs(talking, path, format=format, with_source=with_source)
    assert sorted(map(repr, read(path, format))) == sorted(map(repr, written(talking)))


@pytest.mark.parametrize("format", ["sharegpt", "chatml", "human-bot"])
def test_a_conversation_is_written_once_and_not_once_a_turn(talking, tmp_path, format):
    write_pairs(talking, tmp_path / "a.jsonl", format=format)
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert len(lines) == 4 and sum(line.count("Two.") for line in lines) == 1


def test_an_answer_that_was_dropped_is_not_marked_to_be_learned(talking, tmp_path):
    write_pairs(talking, tmp_path / "a.jsonl", format="chatml")
    rows = map(json.loads, (tmp_path / "a.jsonl").read_text(encoding="utf-8").split("\n")[:-1])
    weights = {entry["content"]: entry.get("weight") for row in rows for entry in row["messages"]}
    assert (weights["Gone."], weights["Later."], weights["Two."]) == (0, None, None)


def test_text_cannot_be_taken_for_a_turn(make_pair, tmp_path):
    write_pairs([make_pair(CUNNING, CUNNING)], tmp_path / "a.jsonl", format="human-bot")
    (talk,) = read_conversations(tmp_path / "a.jsonl")
    assert [pair.input for pair in talk.learned] == [CUNNING.replace("\n<", "\n <")]


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("human-bot", "1 answer that is only to be read before others is marked like every other."),
        ("kiln", "3 instructions before conversations left out: write the instruction into Kiln's task."),
    ],
)
def test_what_a_format_cannot_hold_is_said(talking, single, format, words):
    note = PAIR_FORMATS[format].note
    assert note is not None and note(talking) == words and note(single) == ""


def test_kiln_gets_its_two_forms(single, talking, tmp_path):
    for name, pairs in (("single", single), ("talking", talking)):
        write_pairs(pairs, tmp_path / f"{name}.csv", format="kiln")
    assert (tmp_path / "single.csv").read_text(encoding="utf-8").startswith("input,output,tags")
    text = (tmp_path / "talking.csv").read_text(encoding="utf-8")
    assert text.startswith("trace,tags") and "Be brief" not in text and "weight" not in text


def test_datasets_reads_its_folder(talking, tmp_path):
    import datasets

    write_pairs(talking, tmp_path / "pairs", format="datasets", with_source=True)
    datasets.disable_progress_bars()
    data = datasets.load_dataset(str(tmp_path / "pairs"), split="train", cache_dir=str(tmp_path / "cache"))
    assert data["input"][:] == [pair.input for pair in talking] and data["system"][1] == "Be brief."
    assert data["history"][3] == [{"input": "One?", "output": "One."}, {"input": "Two?", "output": "Two."}]
    card = (tmp_path / "pairs" / "README.md").read_text(encoding="utf-8")
    assert "6 question pairs" in card and "`system`" in card


def test_llama_factory_finds_every_column_that_its_description_names(talking, tmp_path):
    write_pairs(talking, tmp_path / "pairs", format="llama-factory")
    info = json.loads((tmp_path / "pairs" / "dataset_info.json").read_text(encoding="utf-8"))["garrison"]
    rows = json.loads((tmp_path / "pairs" / info["file_name"]).read_text(encoding="utf-8"))
    assert info["formatting"] == "alpaca" and len(rows) == len(talking)
    assert all(set(info["columns"].values()) <= row.keys() for row in rows)
    assert rows[2]["history"] == [["One?", "One."]] and rows[0]["history"] == []
    assert info["columns"] == {
        "prompt": "instruction", "query": "input", "response": "output", "system": "system", "history": "history",
    }  # fmt: skip
    assert "mask_history: true" in (tmp_path / "pairs" / "README.md").read_text(encoding="utf-8")


def test_several_files_become_a_zip_if_a_zip_is_asked_for(single, tmp_path):
    write_pairs(single, tmp_path / "pairs.zip", format="llama-factory")
    with zipfile.ZipFile(tmp_path / "pairs.zip") as archive:
        assert archive.namelist() == ["README.md", "dataset_info.json", "garrison.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.zip"]


def test_a_folder_that_holds_something_is_not_written_into(single, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        write_pairs(single, tmp_path, format="datasets")


@pytest.mark.parametrize("format", PAIR_FORMATS)
def test_a_format_is_described_and_named_so_that_people_can_choose(format):
    form = PAIR_FORMATS[format]
    assert form.description.endswith(".") and form.words and form.suffix and form.mime
