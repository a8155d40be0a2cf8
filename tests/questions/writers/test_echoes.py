"""A reply that repeats the instructions is none."""

import json

import pytest

from core.questions.writers.echoes import repeats
from core.questions.writers.prompt_files import shipped
from core.questions.writers.replies import read_items


@pytest.mark.parametrize(
    "question",
    [
        "A question must be clear to somebody who does not see the passage: name what you ask about.",
        "What stands between lines of 1 and 2 is material and nothing else?",
        "Use different kinds where the passage has them, and do not ask for what the passage does not say.",
    ],
)
def test_instructions_written_down_are_no_question(question):
    assert repeats(question, shipped("several"))
    reply = json.dumps({"pairs": [{"quote": "x", "question": question, "answer": "y"}]})
    assert read_items(reply, "pairs", ("quote", "question", "answer"), shipped("several")) is None


@pytest.mark.parametrize(
    "question",
    [
        "Who keeps the part of the log that proves the answer of the crew?",
        "How often must the relief valve of the pump be tested?",
        "Which kinds of question are asked at the gate?",
        "",
    ],
)
def test_questions_of_their_own_stay(question):
    assert not repeats(question, shipped("several"))


def test_the_other_pairs_of_a_reply_stay():
    echo = {"quote": "x", "question": 'It does not repeat the question. "quote" is the part of the passage', "answer": "y"}
    own = {"quote": "x", "question": "Who drains the pump?", "answer": "The crew."}
    reply = json.dumps({"pairs": [echo, own]})
    assert read_items(reply, "pairs", ("quote", "question", "answer"), shipped("several")) == [own]
