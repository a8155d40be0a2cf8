"""Reading what a model replied: thoughts, fences, refusals, ends that are missing."""

import pytest

from core.models.text import Prompt
from core.questions.writers.replies import Request, ask, is_refusal, read_items, read_json, without_thoughts

JSON = '{"pairs": [{"quote": "a", "question": "b?", "answer": "c"}]}'
FIELDS = ("quote", "question", "answer")


@pytest.mark.parametrize(
    "told",
    [
        "<think>The user wants {pairs}.</think>\n" + JSON,
        "<think>one</think><think>two</think>" + JSON,
        "<THINKING>\nlong\n</THINKING>" + JSON,
        "<reasoning>x</reasoning> " + JSON,
        "no opening, since the template wrote it</think>" + JSON,
        "[THINK]hm[/THINK]" + JSON,
        "◁think▷hm◁/think▷" + JSON,
        "<|begin_of_thought|>hm<|end_of_thought|>" + JSON,
        "<|START_THINKING|>hm<|END_THINKING|>" + JSON,
        "<seed:think>hm</seed:think>" + JSON,
        "<|channel|>analysis<|message|>We need JSON<|end|><|start|>assistant<|channel|>final<|message|>"
        + JSON
        + "<|return|>",
        "<|channel|>final<|message|>" + JSON,
        "analysisWe need JSON.assistantfinal" + JSON,
        JSON,
        f"\n  {JSON} ",
    ],
)
def test_what_was_thought_aloud_is_no_part_of_the_reply(told):
    assert without_thoughts(told) == JSON


@pytest.mark.parametrize(
    "told", ["<think>and so on, without an end", "<|channel|>analysis<|message|>still at it", "[THINK] hm"]
)
def test_a_thought_that_never_ends_leaves_nothing(told):
    assert without_thoughts(told) == ""


@pytest.mark.parametrize(
    "told",
    [
        '{"answer": "Write <think> before it."}',
        '[{"answer": "</think> ends it"}]',
        '```json\n{"a": "<think>x</think>"}\n```',
    ],
)
def test_marks_of_thoughts_that_a_document_spells_stay_within_json(told):
    assert without_thoughts(told) == told


def test_a_text_without_thoughts_stays():
    assert without_thoughts("The analysis of the oil takes 3 days.") == "The analysis of the oil takes 3 days."


@pytest.mark.parametrize(
    "told",
    [JSON, f"```json\n{JSON}\n```", f"Here you are:\n{JSON}\nAnything else?", JSON[9:-1], f"{JSON[:-1]},"],
)
def test_items_are_found_however_they_are_wrapped_or_cut_off(told):
    assert read_items(told, "pairs", FIELDS) == [{"quote": "a", "question": "b?", "answer": "c"}]


def test_whole_items_of_a_reply_that_was_cut_off_are_taken():
    told = JSON[:-2] + ', {"quote": "d", "question": "e?", "ans'
    assert read_items(told, "pairs", FIELDS) == [{"quote": "a", "question": "b?", "answer": "c"}]


@pytest.mark.parametrize(
    "told",
    [
        "", "no JSON", "{", "[[[[", '{"pairs": []}', '{"pairs": "none"}', '{"pairs": [1, null, "x"]}',
        '{"pairs": [{"quote": "a", "question": "", "answer": "c"}]}', '{"pairs": [{"quote": "a", "question": "b?"}]}',
        '{"pairs": [{"quote": ["a"], "question": "b?", "answer": {"c": 1}}]}', "{" * 3000,
    ],
)  # fmt: skip
def test_a_reply_without_a_whole_item_gives_none(told):
    assert read_items(told, "pairs", FIELDS) is None


def test_numbers_are_taken_as_text_and_line_breaks_as_blanks():
    told = '{"pairs": [{"quote": "a\\nb", "question": "How many?", "answer": 12}]}'
    assert read_items(told, "pairs", FIELDS) == [{"quote": "a b", "question": "How many?", "answer": "12"}]


@pytest.mark.parametrize(
    ("told", "is_one"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I cannot assist with this request.", True),
        ("Es tut mir leid, das geht nicht.", True),
        ('{"pairs": []}', True),
        ("[]", True),
        ("Sure! Here are the pairs: none", False),
        (JSON.replace('"c"', '"I cannot say."'), False),
        ("word " * 200 + "I cannot", False),
        ("", False),
    ],
)
def test_a_refusal_is_told_from_a_reply_that_is_merely_broken(told, is_one):
    assert is_refusal(told) is is_one


def test_the_first_json_that_can_be_read_counts():
    assert read_json('{broken} [1, 2] {"a": 1}') == [1, 2]
    assert read_json("none") is None


def request(seed: int = 3) -> Request[str]:
    return Request("passage-1", Prompt(text="x", seed=seed), lambda reply: reply if reply.startswith("good") else None)


def test_an_unusable_reply_is_asked_for_once_more_with_another_seed(replying):
    model = replying("bad", "good at last")
    ((position, found, reply),) = ask([request()], model)
    assert (position, found, reply.outcome) == (0, "good at last", "answered")
    first, second = model.prompts
    assert first.seed != second.seed and first.temperature < second.temperature


@pytest.mark.parametrize(("told", "outcome"), [("bad", "malformed"), ("I'm sorry, I cannot.", "refused")])
def test_unusable_twice_it_is_counted_and_not_asked_again(replying, told, outcome):
    model = replying(told)
    ((_, found, reply),) = ask([request()], model)
    assert found is None and reply.outcome == outcome and len(model.prompts) == 2


def test_only_the_failed_ones_are_asked_again_and_keep_their_places(replying):
    model = replying("good 0", "bad", "good 2", "good 1")
    found = {position: text for position, text, _ in ask([request(0), request(1), request(2)], model)}
    assert found == {0: "good 0", 1: "good 1", 2: "good 2"} and len(model.prompts) == 4


def test_nothing_to_ask_asks_nothing(replying):
    assert list(ask([], replying("good"))) == []
