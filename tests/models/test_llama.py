"""GGUF models in llama.cpp: what only the real model can show."""

import sys
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.models.batch import BatchGenerator
from core.models.cores import FreeCores
from core.models.llama import LlamaModel, token_counter
from core.models.templates import FALLBACK_TEMPLATE, render
from core.models.text import Prompt

MODEL = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="module")
def model():
    loaded = LlamaModel(MODEL, context_tokens=512)
    yield loaded
    loaded.close()


def test_model_answers_in_pieces(model):
    messages = [{"role": "system", "content": ""}, {"role": "user", "content": "What is the capital of France?"}]
    pieces = list(model.chat_stream(messages, max_tokens=20))
    assert len(pieces) > 3
    assert "".join(pieces) == "The capital of France is Paris."


def test_prompt_follows_the_models_own_template(model):
    assert "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n" in model.prompt(
        [{"role": "user", "content": "Hello"}]
    )


def test_stop_text_ends_the_answer(model):
    messages = [{"role": "system", "content": ""}, {"role": "user", "content": "What is the capital of France?"}]
    assert "".join(model.chat_stream(messages, max_tokens=20, stop=["France"])) == "The capital of "


def test_conversation_longer_than_the_context_is_refused(model):
    with pytest.raises(InputError, match="512"):
        list(model.chat_stream([{"role": "user", "content": "word " * 600}]))


@pytest.mark.parametrize("open_file", [LlamaModel, token_counter, BatchGenerator])
@pytest.mark.parametrize("content", [None, b"", b"GGUF\x03\x00\x00\x00 broken"])
def test_file_that_cannot_be_loaded_is_a_setup_error(tmp_path, open_file, content):
    path = tmp_path / "broken.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError, match="broken.gguf"):
        open_file(path)


def test_token_counter_counts_like_the_model(model):
    count = token_counter(MODEL)
    text = "The pump — in bay 4 — is drained."
    assert count(text) == len(model._llama.tokenize(text.encode(), add_bos=False, special=True))
    assert count("") == 0


def test_loading_a_model_prints_nothing(capfd):
    LlamaModel(MODEL, context_tokens=128).close()
    BatchGenerator(MODEL, sequences=1, context_tokens=128).close()
    assert capfd.readouterr() == ("", "")


def test_sequences_side_by_side_write_what_one_alone_writes():
    prompts = [Prompt(text=f"{number} plus {number} is", max_tokens=6) for number in range(1, 5)]
    texts = {}
    for sequences in (1, 4):
        with BatchGenerator(MODEL, sequences=sequences, context_tokens=512) as generator:
            found = generator.generate(prompts, prefix="Sums: 1 plus 1 is 2.\n")
            texts[sequences] = {completion.index: completion.text for completion in found}
    assert texts[1] == texts[4]


def test_same_seed_writes_the_same_and_another_seed_differs():
    prompts = [Prompt(text="A story:", max_tokens=16, temperature=1.0, seed=seed) for seed in (1, 1, 2)]
    with BatchGenerator(MODEL, sequences=1, context_tokens=256) as generator:
        first, again, other = (completion.text for completion in generator.generate(prompts))
    assert first == again != other


def test_prompt_longer_than_one_batch_is_read_whole():
    long = "All work and no play makes Jack a dull boy. " * 80  # about 900 tokens, a batch takes 512
    with BatchGenerator(MODEL, sequences=1, context_tokens=2048) as generator:
        (completion,) = generator.generate([Prompt(text=long + "All work and no play makes Jack a dull", max_tokens=1)])
    assert completion.text == " boy"


def test_at_least_one_core_is_used_and_no_more_than_there_are():
    import os

    assert 1 <= FreeCores().count() <= (os.cpu_count() or 1)


def test_model_without_a_template_is_asked_as_human_and_answers_as_bot():
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    assert render(FALLBACK_TEMPLATE, messages, eos_token="</s>") == "<human>: Hi\n<bot>: Hello</s>\n"
    assert render(FALLBACK_TEMPLATE, messages[:1], add_generation_prompt=True) == "<human>: Hi\n<bot>:"


@pytest.mark.parametrize("template", ["{{ messages[0].__class__.__mro__ }}{% for x in", "{{ raise_exception('no') }}"])
def test_template_that_fails_is_an_input_error(template):
    with pytest.raises(InputError, match="chat template"):
        render(template, [{"role": "user", "content": "Hi"}])


def test_template_cannot_reach_out_of_its_sandbox():
    with pytest.raises(InputError):
        render("{{ ''.__class__.__mro__[1].__subclasses__() }}", [{"role": "user", "content": "Hi"}])
