"""A question pair becomes the tokens that the model is later asked with."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.models.causal import CausalModel, load_causal
from core.models.conversation import encode_rows, prompt_tokens, turn_of
from core.models.packing import pack
from core.models.templates import FALLBACK_TEMPLATE
from core.settings import TrainingSettings
from core.training.rows import tokenized, validation_sample

pytestmark = pytest.mark.model

PAIR = {"input": "Where is the spare key?", "output": "In the red box."}
MESSAGES = [{"role": "user", "content": PAIR["input"]}]
# The template stands in the GGUF's metadata; 2 is its `tokenizer.ggml.eos_token_id`, <|im_end|>.
EMBEDDED_PROMPT = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\nWhere is the spare key?<|im_end|>\n<|im_start|>assistant\n"
)
END_OF_TURN = 2


@pytest.fixture(scope="module")
def model(embedded: Path, cache: Path) -> CausalModel:
    return load_causal(embedded, "gguf", cache=cache)


def test_prompt_of_a_training_row_is_the_prompt_of_a_conversation(model):
    (row,) = encode_rows(model.vocabulary, model.template, [PAIR])
    assert list(row.tokens[: row.answer_start]) == prompt_tokens(model.vocabulary, model.template, MESSAGES)
    assert model.tokenizer.decode(row.tokens[: row.answer_start]) == EMBEDDED_PROMPT


def test_end_of_turn_is_learned_and_is_where_an_answer_stops(model):
    (row,) = encode_rows(model.vocabulary, model.template, [PAIR])
    assert model.tokenizer.decode(row.tokens[row.answer_start :]) == "In the red box.<|im_end|>"
    assert row.tokens[-1] == END_OF_TURN
    assert END_OF_TURN in turn_of(model.vocabulary, model.template).ends


def test_no_token_of_the_prompt_is_learned(model):
    rows = encode_rows(model.vocabulary, model.template, [PAIR | {"input": text} for text in ("Where?", PAIR["input"])])
    packed = pack(rows)
    answer = model.tokenizer("In the red box.<|im_end|>")["input_ids"]
    assert packed.targets.tolist() == answer * 2
    assert packed.row.tolist() == [0] * len(answer) + [1] * len(answer)


def test_llama_cpp_reads_the_same_prompt_tokens(model, embedded):
    from core.models.llama import load_vocabulary

    tokens = prompt_tokens(load_vocabulary(embedded), model.template, MESSAGES)
    assert tokens == model.tokenizer(EMBEDDED_PROMPT)["input_ids"]
    assert tokens == prompt_tokens(model.vocabulary, model.template, MESSAGES)


def test_model_without_a_template_is_asked_as_human_and_answers_as_bot(build_tiny, tmp_path):
    causal = load_causal(build_tiny(tmp_path / "bare", template=None), "safetensors")
    (row,) = encode_rows(causal.vocabulary, causal.template, [PAIR])
    assert causal.template == FALLBACK_TEMPLATE
    assert causal.tokenizer.decode(row.tokens) == "<human>: Where is the spare key?\n<bot>: In the red box.<|im_end|>"


@pytest.mark.parametrize("text", ["word " * 300, "12 " * 600])
def test_row_longer_than_the_model_was_made_for_is_left_out(build_tiny, tmp_path, text):
    """`max_tokens` allows more than the 256 tokens that the model has positions for."""
    causal = load_causal(build_tiny(tmp_path / "tiny"), "safetensors")
    with tokenized(causal, [PAIR, PAIR | {"input": text}], tmp_path, 4096) as training:
        assert (len(training.rows), training.too_long) == (1, 1)
    settings = TrainingSettings(max_tokens=4096)
    assert len(validation_sample(causal, [PAIR, PAIR | {"input": text}], settings)) == 1


def test_words_of_a_model_with_pictures_count(build_tiny, tmp_path):
    """Such a model (Gemma 3 4B) keeps the description of its language part in a part of its own."""
    causal = load_causal(build_tiny(tmp_path / "tiny"), "safetensors")
    parted = SimpleNamespace(config=SimpleNamespace(get_text_config=lambda: SimpleNamespace(max_position_embeddings=777)))
    assert replace(causal, model=parted).context_tokens == 777
