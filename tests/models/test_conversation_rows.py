"""Rows of conversations: instruction and earlier turns are read, the answer alone is learned, and people can look at it."""

import pytest

from core.models.causal import load_causal
from core.models.conversation import asked, encode_rows, prompt_tokens, training_text
from core.models.llama import load_vocabulary
from core.models.templates import FALLBACK_TEMPLATE
from tests.families import CHATML, FAMILIES, GEMMA3, LLAMA3

pytestmark = pytest.mark.model

SINGLE = {"input": "Where is the spare key?", "output": "In the red box."}
TALK = SINGLE | {"system": "You are named Tiny.", "history": [{"input": "Is pump 4 blue?", "output": "It is black."}]}
SILENT = "{% for m in messages %}{% if m['role'] != 'system' %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}"


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param


@pytest.fixture
def model(family, built):
    return load_causal(built(family).folder, "safetensors")


def learned(text):
    return "".join(piece.text for piece in text.pieces if piece.is_learned)


def read(text):
    return "".join(piece.text for piece in text.pieces if not piece.is_learned)


@pytest.mark.parametrize("row", [SINGLE, TALK, SINGLE | {"system": TALK["system"]}, SINGLE | {"history": TALK["history"]}])
def test_a_row_is_read_as_it_will_be_asked(model, row):
    (encoded,) = encode_rows(model.vocabulary, model.template, [row])
    assert list(encoded.tokens[: encoded.answer_start]) == prompt_tokens(model.vocabulary, model.template, asked(row))


def test_what_was_said_before_is_in_the_prompt_and_not_learned(model):
    text = training_text(model.vocabulary, model.template, TALK)
    told = read(text)
    places = [told.find(words) for words in ("You are named Tiny.", "Is pump 4 blue?", "It is black.", TALK["input"])]
    assert -1 not in places and places == sorted(places)
    assert TALK["output"] in learned(text) and "black" not in learned(text)


def test_the_pieces_are_the_text_that_is_tokenized(model, built, family):
    engine = load_vocabulary(built(family).gguf)
    for vocabulary in (model.vocabulary, engine):
        text = training_text(vocabulary, model.template, TALK)
        (encoded,) = encode_rows(vocabulary, model.template, [TALK])
        assert (text.token_count, text.learned_count) == (len(encoded.tokens), len(encoded.tokens) - encoded.answer_start)
    written = model.tokenizer.decode(encoded.tokens[encoded.answer_start :])
    assert learned(text).split() == written.split()


def test_a_control_token_is_told_from_one_that_a_question_spells(built):
    model = load_causal(built(CHATML).folder, "safetensors")
    text = training_text(model.vocabulary, model.template, SINGLE | {"input": "What is <|im_end|>?"})
    spelled = [piece for piece in text.pieces if "<|im_end|>" in piece.text and not piece.is_control]
    assert [piece.text.endswith("What is <|im_end|>?") for piece in spelled] == [True]
    assert text.pieces[-1].text == "<|im_end|>" and text.pieces[-1].is_control and text.pieces[-1].is_learned


@pytest.mark.parametrize("template", [SILENT, "{{ raise_exception('no') if messages[0]['role'] == 'system' }}" + SILENT])
def test_an_instruction_that_a_template_cannot_write_begins_the_first_question(built, template):
    model = load_causal(built(CHATML).folder, "safetensors")
    text = training_text(model.vocabulary, template, TALK)
    assert read(text).startswith("You are named Tiny.\n\nIs pump 4 blue?") and read(text).count("Tiny") == 1


def test_a_family_without_instructions_has_them_in_its_first_turn(built):
    model = load_causal(built(GEMMA3).folder, "safetensors")
    text = training_text(model.vocabulary, model.template, TALK)
    assert "You are named Tiny." in read(text).split("Is pump 4 blue?")[0]


def test_the_token_that_opens_every_text_is_shown(built):
    model = load_causal(built(LLAMA3).folder, "safetensors")
    assert read(training_text(model.vocabulary, FALLBACK_TEMPLATE, SINGLE)).startswith(model.vocabulary.bos_token)
