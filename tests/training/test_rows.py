"""A question pair becomes the tokens that the model is later asked with."""

from pathlib import Path

import pytest

from core.models.causal import CausalModel, load_causal
from core.models.packing import answer_tokens, encode_row, end_tokens, pack, prompt_tokens
from core.models.templates import FALLBACK_TEMPLATE

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
    row = encode_row(model.tokenizer, model.template, PAIR)
    assert list(row.tokens[: row.answer_start]) == prompt_tokens(model.tokenizer, model.template, MESSAGES)
    assert model.tokenizer.decode(row.tokens[: row.answer_start]) == EMBEDDED_PROMPT


def test_end_of_turn_is_learned_and_is_where_an_answer_stops(model):
    row = encode_row(model.tokenizer, model.template, PAIR)
    assert model.tokenizer.decode(row.tokens[row.answer_start :]) == "In the red box.<|im_end|>"
    assert row.tokens[-1] == END_OF_TURN
    assert END_OF_TURN in end_tokens(model.tokenizer, model.template)


def test_no_token_of_the_prompt_is_learned(model):
    rows = [encode_row(model.tokenizer, model.template, PAIR | {"input": text}) for text in ("Where?", PAIR["input"])]
    packed = pack(rows)
    answer = answer_tokens(model.tokenizer, model.template, PAIR["output"])
    assert packed.targets.tolist() == answer * 2
    assert packed.row.tolist() == [0] * len(answer) + [1] * len(answer)


def test_llama_cpp_reads_the_same_prompt_tokens(model, embedded):
    from core.models.llama import LlamaModel, Weights

    chat, weights = LlamaModel(embedded, context_tokens=128), Weights(embedded, vocab_only=True)
    tokens = weights.tokenize(chat.prompt(MESSAGES), is_beginning=False)
    chat.close()
    weights.close()
    assert tokens == prompt_tokens(model.tokenizer, model.template, MESSAGES)


def test_model_without_a_template_is_asked_as_human_and_answers_as_bot(build_tiny, tmp_path):
    causal = load_causal(build_tiny(tmp_path / "bare", template=None), "safetensors")
    row = encode_row(causal.tokenizer, causal.template, PAIR)
    assert causal.template == FALLBACK_TEMPLATE
    assert causal.tokenizer.decode(row.tokens) == "<human>: Where is the spare key?\n<bot>: In the red box.<|im_end|>"
