"""Files of question pairs as people have them: what is read, what is left out and said, and which line is wrong."""

import json

import pytest

from core.errors import InputError
from core.questions import inspect_file, read_conversations, read_pairs
from core.questions.exchange.columns import Columns, guess
from core.questions.exchange.reading import Choices
from core.records import Turn


@pytest.fixture
def file(tmp_path):
    def write(name: str, content: str | bytes | list[object]):
        path = tmp_path / name
        if isinstance(content, list):
            content = "\n".join(json.dumps(row) for row in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["input", "output"], Columns(question="input", answer="output")),
        (["id", "question", "answer", "source"], Columns(question="question", answer="answer")),
        (["Prompt", "Completion"], Columns(question="Prompt", answer="Completion")),
        (["INSTRUCTION", "Input", "Output"], Columns(question="INSTRUCTION", answer="Output", context="Input")),
        (
            ["instruction", "input", "output", "system", "history"],
            Columns(question="instruction", answer="output", context="input", system="system", history="history"),
        ),
        (["system_prompt", "query", "response"], Columns(question="query", answer="response", system="system_prompt")),
        (["id", "conversations", "system"], Columns(conversation="conversations", system="system")),
        (["messages", "question", "answer"], Columns(conversation="messages")),
        (["text"], Columns(conversation="text")),
        (["question", "context"], None),
        ([], None),
    ],
)
def test_columns_are_guessed_by_their_names(names, columns):
    assert guess(names) == columns


def test_alpaca_with_history_and_system_gives_one_pair_with_its_turns(file):
    row = {
        "instruction": "And then?", "input": "", "output": "Close it.", "system": "Be brief.",
        "history": [["How does it begin?", "Open it."]],
    }  # fmt: skip
    path = file("a.json", [row])
    (talk,) = read_conversations(path)
    (pair,) = talk.learned
    assert (pair.system, pair.input, pair.output) == ("Be brief.", "And then?", "Close it.")
    assert pair.history == (Turn(input="How does it begin?", output="Open it."),)
    assert inspect_file(path).notes == ["1 earlier turn read before the answers, and not learned."]


@pytest.mark.parametrize("history", ["[]", "", None, []])
def test_an_empty_history_is_none(file, history):
    (talk,) = read_conversations(file("a.jsonl", [{"instruction": "Why?", "output": "So.", "history": history}]))
    assert talk.learned[0].history == ()


@pytest.mark.parametrize("history", ["[broken", [["only"]], [[1, 2]], 7, [{"input": "Q"}], [["Q", " "]]])
def test_a_broken_history_is_named_by_its_line(file, history):
    path = file("a.jsonl", [{"input": "Why?", "output": "So."}, {"input": "Why?", "output": "So.", "history": history}])
    with pytest.raises(InputError, match="line 2 has (an )?earlier turn"):
        read_pairs(path)


def test_a_conversation_of_several_turns_gives_each_pair_what_was_said_before(file):
    turns = [("system", "Be brief."), ("human", "A?"), ("gpt", "1."), ("human", "B?"), ("gpt", "2.")]
    path = file("a.jsonl", [{"conversations": [{"from": role, "value": text} for role, text in turns]}])
    (talk,) = read_conversations(path)
    assert [(pair.system, len(pair.history)) for pair in talk.learned] == [("Be brief.", 0), ("Be brief.", 1)]
    assert read_pairs(path) == [("A?", "1."), ("B?", "2.")] and inspect_file(path).notes == []


def test_what_is_left_out_is_counted(file):
    turns = [("user", "A?"), ("user", "B?"), ("assistant", "2."), ("user", "And?")]
    rows = [{"id": number, "messages": [{"role": role, "content": text} for role, text in turns]} for number in (1, 2)]
    brought = inspect_file(file("a.jsonl", rows))
    assert brought.pair_count == 2
    assert brought.notes == ["4 questions without an answer left out.", "1 column not used."]


# --- half a character: three ways to write one, one that cannot be mended, and the line ---

WHOLE = "Why \U0001f600?"


@pytest.mark.parametrize(
    "line",
    [
        rb'{"input": "Why \ud83d\ude00?", "output": "So."}',
        b'{"input": "Why \xed\xa0\xbd\xed\xb8\x80?", "output": "So."}',  # both halves as UTF-8 of their own
        b'{"input": "Why \\ud83d\xed\xb8\x80?", "output": "So."}',
        rb'{"messages": [{"role": "user", "content": [{"type": "text", "text": "Why \ud83d"}, {"type": "text",'
        rb' "text": "\ude00?"}]}, {"role": "assistant", "content": "So."}]}',
    ],
)
def test_two_halves_of_a_character_are_put_together(file, line):
    assert read_pairs(file("a.jsonl", line)) == [(WHOLE, "So.")]


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (rb'{"input": "Why \ud83d", "output": "So."}', r"\(\\ud83d\), at position 5 of the question"),
        (rb'{"input": "Why?", "output": "\ude00 So."}', r"\(\\ude00\), at position 1 of the answer"),
        (b'{"input": "Why?", "output": "So \xed\xa0\xbd"}', r"\(\\ud83d\), at position 4 of the answer"),
        (rb'{"input": "Why?", "output": "So.", "system": "\ud83d"}', "of the instruction"),
        (rb'{"input": "Why?", "output": "So.", "history": [["A \udfff", "B"]]}', "at position 3 of the question"),
    ],
)
def test_half_a_character_is_named_by_its_line_and_place(file, row, where):
    path = file("a.jsonl", b'{"input": "A?", "output": "1."}\n' + row)
    with pytest.raises(InputError, match=f"line 2 holds half a character .*{where}") as caught:
        read_pairs(path)
    assert "Delete the half" in str(caught.value.hint.words)


def test_half_a_character_where_nothing_is_read_does_no_harm(file):
    path = file("a.jsonl", rb'{"input": "A?", "output": "1.", "note \ud83d": "\ud83d"}')
    assert read_pairs(path) == [("A?", "1.")] and inspect_file(path).unused == ["note \ufffd"]


# --- which kind of file it is, whatever its name ---


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.txt", "a"])
@pytest.mark.parametrize(
    "content",
    [
        "question,answer\nWhy?,So.\n",
        "\ufeffQuestion;Answer;Page\r\nWhy?;So.;3\r\n",
        "input\toutput\nWhy?\tSo.\n",
        "sep=;\nprompt;completion\nWhy?;So.\n",
        '"question","answer"\n"Why?","So."\n',
    ],
)
def test_a_table_is_read_whatever_its_name_and_separator(file, name, content):
    assert read_pairs(file(name, content)) == [("Why?", "So.")]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.xlsx"])
def test_json_is_read_whatever_its_name(file, name):
    assert read_pairs(file(name, [{"input": "Why?", "output": "So."}])) == [("Why?", "So.")]


def test_what_is_neither_is_told_its_line(file):
    with pytest.raises(InputError, match=r"a\.jsonl: line 1 is not JSON"):
        read_pairs(file("a.jsonl", "Just a text.\nAnd more of it.\n"))
    with pytest.raises(InputError, match=r"a\.csv: line 2 has no question or no answer that is known by its name") as told:
        read_pairs(file("a.csv", "alpha,beta\nWhy?,So.\n"))
    assert "the first row is a pair" in str(told.value.hint)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"no workbook", "does not begin like a .xlsx file"),
        ("a.xlsx", b"PK\x03\x04 broken", "damaged or no Excel workbook"),
        ("a.parquet", b"PAR1 broken", "damaged Parquet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007"),
        ("a.jsonl", b'{"input": "caf\xe9", "output": "x"}', "not UTF-8 text, from line 1 on"),
    ],
)
def test_a_damaged_file_is_told_what_it_is(file, name, content, words):
    with pytest.raises(InputError, match=words):
        read_pairs(file(name, content))


# --- the line, row or cell that is wrong ---


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("question,answer\nA?,1.\nB?,\n", "line 3 has an empty answer"),
        ("question,answer\nA?,1.\n,2.\n", "line 3 has an empty question"),
        ('question,answer\n"A\nlong?",1.\nB?,2.,3.\n', "line 4 has 3 cells, but there are 2 columns"),
        ('question,answer\nA?,1.\nB?,"2.\nC?,3.\n', "line 3 cannot be read, nor what follows it"),
        ('question,answer\nA?,1.\nB?,"2" and more\n', "line 3 cannot be read"),
        (f"question,answer\nA?,1.\nB?,{'x' * 131_073}\n", "line 3 has a text of more than 131,072 characters"),
    ],
)
def test_the_line_of_a_table_that_is_wrong_is_named(file, content, words):
    with pytest.raises(InputError, match=words):
        read_pairs(file("a.csv", content))


def test_wrong_rows_are_left_out_if_a_person_says_so_and_counted(file):
    path = file("a.csv", "question,answer\nA?,1.\nB?,\nC?,3.\n,\n,4.\n")
    with pytest.raises(InputError, match="line 3 has an empty answer. 1 more row cannot be used."):
        read_pairs(path)
    talks = read_conversations(path, choices=Choices(skips_wrong=True))
    assert [talk.place for talk in talks] == ["line 2", "line 4"]
    assert inspect_file(path).notes == ["2 rows cannot be used."]
    assert inspect_file(path, choices=Choices(skips_wrong=True)).notes == ["2 rows that cannot be used left out."]


def test_a_file_of_wrong_rows_alone_is_refused_all_the_same(file):
    with pytest.raises(InputError, match="line 2 has an empty answer"):
        read_conversations(file("a.csv", "question,answer\nA?,\n"), choices=Choices(skips_wrong=True))


def test_no_word_of_a_file_is_in_what_is_said_about_it(file):
    """Where the first row holds no titles, the names of columns are text that nobody reviewed."""
    path = file("a.csv", "Who is Anna?,answer,question,Anna Whitfield\nx,,Who?,z\nx,She.,Who?,z\n")
    brought = inspect_file(path)
    told = [*brought.notes, *(problem.words + problem.hint for problem in brought.problems)]
    assert len(told) == 3 and "Anna" not in " ".join(told)


# --- columns that a person chooses ---


def test_columns_are_taken_as_chosen(file):
    path = file("a.csv", "Frage,Antwort,Vorab\nWarum?,Darum.,Kurz!\n")
    chosen = Columns.of({"question": "Frage", "answer": "Antwort", "system": "Vorab"})
    (talk,) = read_conversations(path, choices=Choices(columns=chosen))
    assert (talk.learned[0].input, talk.learned[0].output, talk.learned[0].system) == ("Warum?", "Darum.", "Kurz!")


def test_a_chosen_column_that_the_file_does_not_have_is_told(file):
    chosen = Columns(question="Frgae", answer="Antwort")
    with pytest.raises(InputError, match="There is no column 'Frgae'"):
        inspect_file(file("a.csv", "Frage,Antwort\nWarum?,Darum.\n"), choices=Choices(columns=chosen))


def test_a_table_without_titles_has_numbered_columns(file):
    path = file("a.csv", "Why?,So.\nHow?,Thus.\n")
    chosen = Choices(columns=Columns(question="column 1", answer="column 2"), has_titles=False)
    assert [pair.input for talk in read_conversations(path, choices=chosen) for pair in talk.learned] == ["Why?", "How?"]


@pytest.mark.parametrize("chosen", [{"question": "a"}, {"answer": "b"}, {"title": "a"}, {}])
def test_a_choice_without_a_question_or_an_answer_is_refused(chosen):
    with pytest.raises(InputError):
        Columns.of(chosen)


def test_rows_of_different_forms_are_each_read_by_their_names(file):
    rows = [
        {"input": "A?", "output": "1."},
        {"messages": [{"role": "user", "content": "B?"}, {"role": "assistant", "content": "2."}]},
        {"instruction": "C?", "output": "3."},
    ]
    path = file("a.jsonl", [*rows, {"instruction": "D?", "input": "", "output": "4.", "id": 4}])
    assert read_pairs(path) == [("A?", "1."), ("B?", "2."), ("C?", "3."), ("D?", "4.")]
    assert inspect_file(path).unused == ["id"]


def test_letters_that_excel_saved_in_the_west_are_read_and_that_is_said(file):
    path = file("a.csv", "question,answer\nWo ist das Caf\xe9?,\x84Dort\x93.\n".encode("latin-1"))
    assert read_pairs(path) == [("Wo ist das Café?", "„Dort“.")]
    assert inspect_file(path).notes == ["It is not UTF-8 and was read as Windows-1252: look at letters with accents."]


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.jsonl"])
def test_a_table_in_utf_16_is_read(file, name):
    assert read_pairs(file(name, "question\tanswer\r\nWo?\tDa, im Café.\r\n".encode("utf-16"))) == [("Wo?", "Da, im Café.")]


def test_bytes_are_read_like_a_file():
    assert inspect_file(b"question,answer\nWhy?,So.\n", name="a.csv").pair_count == 1
    with pytest.raises(InputError, match=r"^a\.xlsx"):
        inspect_file(b"none", name="a.xlsx")


def test_a_conversation_that_never_ends_is_named(file):
    turns = [{"role": role, "content": "x"} for _ in range(301) for role in ("user", "assistant")]
    with pytest.raises(InputError, match="line 1 is a conversation of more than 300 turns"):
        read_pairs(file("a.jsonl", [{"messages": turns}]))
    assert len(read_pairs(file("b.jsonl", [{"messages": turns[2:]}]))) == 300


def test_a_prompt_and_its_completion_may_be_messages(file):
    prompt = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    path = file("a.jsonl", [{"prompt": prompt, "completion": [{"role": "assistant", "content": "So."}]}])
    (talk,) = read_conversations(path)
    assert [(pair.system, pair.input, pair.output) for pair in talk.learned] == [("Be brief.", "Why?", "So.")]
