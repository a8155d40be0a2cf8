"""Lists of messages in the forms that other programs write, and what of them is left out."""

from collections import Counter

import pytest

from core.questions.exchange.conversations import exchanges
from core.questions.exchange.messages import UnusableMessage, read_messages
from core.records import Turn


def said(*turns: str, names: tuple[str, str] = ("role", "content")) -> list[dict[str, str]]:
    """Messages from "role: text"."""
    return [dict(zip(names, turn.split(": ", 1), strict=True)) for turn in turns]


def read(given, **expected: int) -> list[tuple[str, str]]:
    """The roles and texts of messages; `expected` is what is left out, with _ for blanks."""
    left_out: Counter[str] = Counter()
    found = read_messages(given, left_out)
    assert +left_out == {name.replace("_", " "): number for name, number in expected.items()}
    return [(message.role, message.text) for message in found]


def test_each_turn_knows_the_instruction_and_the_turns_before_it():
    talk = said("system: Be brief.", "user: A?", "assistant: 1.", "user: B?", "assistant: 2.", "user: C?", "assistant: 3.")
    first, second, third = exchanges(read_messages(talk, Counter()))
    assert (first.input, first.system, first.history) == ("A?", "Be brief.", ())
    assert (second.output, second.system, second.history) == ("2.", "Be brief.", (Turn(input="A?", output="1."),))
    assert third.history == (Turn(input="A?", output="1."), Turn(input="B?", output="2."))


@pytest.mark.parametrize(
    "turns",
    [
        said("human: A?", "gpt: 1.", names=("from", "value")),
        said("USER: A?", "Assistant: 1."),
        said("prompter: A?", "assistant: 1.", names=("role", "text")),
        '[{"role": "user", "content": "A?"}, {"role": "assistant", "content": "1."}]',
        "<human>: A?\n<bot>: 1.",
    ],
)
def test_the_ways_of_others_to_name_who_speaks_are_known(turns):
    assert read(turns) == [("question", "A?"), ("answer", "1.")]


def test_an_instruction_in_the_middle_holds_for_what_follows():
    talk = said("user: A?", "assistant: 1.", "system: Now in verse.", "user: B?", "assistant: 2.")
    first, second = exchanges(read_messages(talk, Counter()))
    assert (first.system, second.system) == ("", "Now in verse.")


def test_a_question_asked_twice_counts_as_one_without_an_answer():
    assert read(said("user: A?", "user: B?", "assistant: 2."), question_without_an_answer=1) == [
        ("question", "B?"),
        ("answer", "2."),
    ]


def test_a_last_question_and_a_first_greeting_are_counted():
    talk = said("assistant: Hello.", "user: A?", "assistant: 1.", "user: And?")
    assert len(read(talk, question_without_an_answer=1, answer_without_a_question=1)) == 2


def test_what_tools_say_and_calls_without_words_are_counted():
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    talk = [*said("user: How deep?"), call, *said("tool: 12", "assistant: Twelve meters.")]
    assert read(talk, empty_message=1, message_of_a_tool=1) == [("question", "How deep?"), ("answer", "Twelve meters.")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "One part?"}], "One part?"),
        ([{"type": "text", "text": "One"}, {"type": "text", "text": " sentence?"}], "One sentence?"),
        ([{"type": "text", "text": "First."}, {"type": "input_text", "text": "Second?"}], "First.\nSecond?"),
        (["Plain."], "Plain."),
        ([{"type": None, "text": "From a table?"}], "From a table?"),
    ],
)
def test_parts_of_a_text_are_put_together(content, text):
    assert read([{"role": "user", "content": content}, *said("assistant: Yes.")])[0] == ("question", text)


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"type": "image_url", "image_url": {"url": "data:"}}, "image_url"),
        ({"type": "input_audio", "input_audio": {}}, "input_audio"),
        ({"type": "Anna Whitfield"}, "another type"),
        ({"type": "text", "text": 7}, "another type"),
        (7, "another type"),
    ],
)
def test_a_part_that_is_no_text_is_refused_by_name(part, named):
    with pytest.raises(UnusableMessage) as caught:
        read_messages([{"role": "user", "content": [{"type": "text", "text": "See?"}, part]}], Counter())
    assert "message 1 with a part" in caught.value.fault and named in caught.value.fault
    assert "Whitfield" not in caught.value.fault


@pytest.mark.parametrize(
    "given",
    ["just text", 7, ["text"], [{"content": "A?"}], [{"role": "user"}], [{"role": "Anna", "content": "A?"}], "[broken"],
)
def test_what_is_no_message_is_refused_without_its_words(given):
    with pytest.raises(UnusableMessage) as caught:
        read_messages(given, Counter())
    assert "Anna" not in caught.value.fault + caught.value.hint


def test_an_answer_of_weight_zero_is_read_and_not_learned():
    talk = said("user: A?", "assistant: 1.", "user: B?", "assistant: 2.")
    talk[1]["weight"] = 0  # as in OpenAI's files for fine-tuning
    first, second = exchanges(read_messages(talk, Counter()))
    assert not first.is_learned and second.is_learned and second.history == (Turn(input="A?", output="1."),)


def test_marks_within_a_line_of_text_are_no_turns():
    assert read("<human>: What does <bot>: mean?\nReally?\n<bot>: It says\n  <human>: speaks next.") == [
        ("question", "What does <bot>: mean?\nReally?"),
        ("answer", "It says\n  <human>: speaks next."),
    ]
