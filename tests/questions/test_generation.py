"""Writing question pairs: frames, checks, quotas. The model's words come from a script, or from the model itself."""

import json
import re
import sys
from pathlib import Path

import pytest

from core.models.text import Completion
from core.questions import generate_pairs
from core.questions.answers import choose_answers
from core.questions.frames import frames
from core.questions.generation import problem
from core.settings import GenerationSettings

pytestmark = pytest.mark.model

MODEL = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
TEXT = (
    "A red tag is a mark on equipment that must not be started. The filter must be replaced every 500 operating hours. "
    "The duty engineer records each replacement in the log within 24 hours. The fuel tank holds 140 liters of diesel oil. "
    "Service sheets of the workshop are kept for 10 years. Old sheets go to the archive in the main building."
)


def close(prompt):
    """Completes every prompt by closing it at once."""
    return prompt.start + '?"}'


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The filter must be replaced every 500 operating hours.", "How often must the filter be replaced"),
        ("Service sheets of the workshop are kept for 10 years.", "How long are service sheets of the workshop kept"),
        ("The duty engineer records each replacement in the log.", "What does the duty engineer record"),
        ("The fuel tank holds 140 liters of oil when it is full.", "How many liters does the fuel tank hold"),
        ("The wheel nuts are tightened to 450 newton meters.", "What are the wheel nuts tightened to"),
        ("The oil pressure of the engine is 4.2 bar.", "What is the oil pressure of the engine"),
        ("The rope of the main winch is 60 meters long.", "How long is the rope of the main winch"),
        ("If the alarm sounds twice, stop the motor at once.", "What should be done if the alarm sounds twice"),
        ("A wet stack is cured by running the engine at full load.", "How is a wet stack cured"),
        ("The keys of the store are handed out by the duty officer.", "Who are the keys of the store handed out by"),
        ("The exhaust must be inspected before the next start.", "When must the exhaust be inspected"),
        ("Spill kits of this kind must stand within 10 meters.", None),
        ("Commanders can delegate the authority to any officer.", "What can commanders delegate"),
        ("The battery is capable of starting the engine twice.", "What is the battery capable of"),
        ("Nobody enters a tank without a second person outside.", None),
        ("The low-oil switch must never be bridged for a test.", None),
    ],
)
def test_frame_follows_the_sentence(make_passage, sentence, expected):
    found = [frame.start for answer in choose_answers(make_passage(sentence)) for frame in frames(answer)]
    assert found[:1] == ([expected] if expected else [])


def test_definition_is_asked_for_in_two_ways(make_passage):
    (answer,) = choose_answers(make_passage("A red tag is a mark on equipment that must not be started."))
    ways = {frame.start for frame in frames(answer)}
    assert len(ways) == 2
    assert all("red tag" in way for way in ways)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("How often must the filter be replaced?", ""),
        ("The filter must be replaced", "not a question"),
        ("How often must it be replaced?", "points to something unseen"),
        ("What does the sentence say about the filter?", "points to something unseen"),
        ("How often must the pump be replaced?", "speaks of something else"),
        ("What is replaced?", "says too little"),
        ("How must the filter filter filter be replaced?", "repeats itself"),
        ("Must the filter be replaced every 500 operating hours?", "not a question"),
        ("Why must the filter be replaced every 500 operating hours?", "gives the answer away"),
        ("When must the filter be replaced and the?", "breaks off"),
    ],
)
def test_question_is_checked(make_passage, asked, fault):
    (answer,) = choose_answers(make_passage("The filter must be replaced every 500 operating hours."))
    assert problem(asked, answer) == fault


def test_pairs_are_made_from_one_passage(make_passage, scripted):
    passage = make_passage(TEXT, start=100)
    pairs = list(generate_pairs([passage], scripted(close), GenerationSettings(per_passage=5)))
    assert len(pairs) == 5
    for pair in pairs:
        assert TEXT[pair.start - 100 : pair.end - 100] == pair.quote
        assert pair.question.endswith("?")
    expected = {"How often must the filter be replaced?", "How many liters does the fuel tank hold?"}
    assert expected <= {pair.question for pair in pairs}


def test_quota_holds_for_every_passage_and_not_for_all_together(make_passage, scripted):
    passages = [make_passage(TEXT.replace("red tag", f"tag {n}"), index=n) for n in range(4)]
    pairs = list(generate_pairs(passages, scripted(close), GenerationSettings(per_passage=2)))
    assert sorted(pair.passage_id for pair in pairs) == [f"passage-{n}" for n in range(4) for _ in range(2)]


def test_what_the_model_adds_is_taken_when_the_sentence_says_it(make_passage, scripted):
    passage = make_passage("The duty engineer records each replacement of a filter in the log.")
    (pair,) = generate_pairs([passage], scripted(lambda prompt: prompt.start + ' in the log?"}'), GenerationSettings())
    assert pair.question == "What does the duty engineer record in the log?"


@pytest.mark.parametrize("added", [" on the moon?", " each replacement in the log?", "", '"} and more', " in"])
def test_what_the_model_adds_is_left_out_when_it_is_unsound(make_passage, scripted, added):
    passage = make_passage("The duty engineer records each replacement in the log.")
    write = scripted(lambda prompt: prompt.start + added + '"}')
    (pair,) = generate_pairs([passage], write, GenerationSettings())
    assert pair.question == "What does the duty engineer record?"


def test_sentence_without_a_frame_is_asked_by_the_model(make_passage, scripted):
    answer = "In winter nights all engines of the workshop are heated by burning oil in a pan."
    written = "How are all engines of the workshop heated?"
    write = scripted(lambda prompt: json.dumps({"question": written}))
    pairs = list(generate_pairs([make_passage(answer)], write, GenerationSettings()))
    assert [pair.question for pair in pairs] == [written]


@pytest.mark.parametrize(
    "written",
    [
        "How are engines of the moon heated?",
        "Why are all engines of the workshop heated?",
        "How do all engines burn oil?",
        "What is winter?",
        "<think>",
    ],
)
def test_question_that_the_sentence_does_not_answer_is_refused(make_passage, scripted, written):
    answer = "In winter nights all engines of the workshop are heated by burning oil in a pan."
    write = scripted(lambda prompt: json.dumps({"question": written}))
    assert list(generate_pairs([make_passage(answer)], write, GenerationSettings())) == []


def test_prompt_holds_its_schema_and_the_schema_its_frame(make_passage, scripted):
    generator = scripted(close)
    list(generate_pairs([make_passage(TEXT)], generator, GenerationSettings(per_passage=6)))
    assert generator.prompts
    for prompt in generator.prompts:
        pattern = json.loads(prompt.schema)["properties"]["question"]["pattern"]
        frame = prompt.start.removeprefix('{"question": "')
        assert re.match(pattern, f"{frame} when used often?")
        assert not re.match(pattern, f"{frame} {{DROP}}?")


def test_no_passages_and_empty_passages_give_no_pairs(make_passage, scripted):
    assert list(generate_pairs([], scripted(close), GenerationSettings())) == []
    assert list(generate_pairs([make_passage("x")], scripted(close), GenerationSettings())) == []


def test_a_passage_is_not_asked_for_ever(make_passage, scripted):
    generator = scripted(lambda prompt: "not JSON")
    list(generate_pairs([make_passage(TEXT)], generator, GenerationSettings(per_passage=50)))
    assert len(generator.prompts) < 30


def test_an_answer_that_never_comes_stops_nothing(make_passage):
    class Silent:
        def generate(self, prompts, *, prefix=""):
            yield from [Completion(index=index, text="", token_count=0, is_complete=False) for index in range(len(prompts))]

    assert len(list(generate_pairs([make_passage(TEXT)], Silent(), GenerationSettings(per_passage=3)))) == 3


def test_embedded_model_writes_pairs_that_lead_back_to_the_text(make_passage):
    from core.models.batch import BatchGenerator

    passage = make_passage(TEXT, start=7)
    with BatchGenerator(MODEL, sequences=4) as generator:
        pairs = list(generate_pairs([passage], generator, GenerationSettings(per_passage=5)))
    assert len(pairs) == 5
    assert all(TEXT[pair.start - 7 : pair.end - 7] == pair.quote and pair.question.endswith("?") for pair in pairs)
