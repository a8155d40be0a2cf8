"""GGUF models in llama.cpp: what only the real model can show."""

import json
import re
import sys
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.models.batch import BatchGenerator
from core.models.cpu_budget import FreeCores
from core.models.llama import cached_vocabulary, token_counter
from core.models.templates import FALLBACK_TEMPLATE, render
from core.models.text import Prompt
from tests.families import CHATML, LLAMA2, build

pytestmark = pytest.mark.model

MODEL = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.mark.parametrize("open_file", [token_counter, BatchGenerator, cached_vocabulary])
@pytest.mark.parametrize("content", [None, b"", b"GGUF\x03\x00\x00\x00 broken"])
def test_file_that_cannot_be_loaded_is_a_setup_error(tmp_path, open_file, content):
    path = tmp_path / "broken.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError, match="broken.gguf"):
        open_file(path)


def test_token_counter_counts_like_the_model():
    from llama_cpp import Llama

    count, llama = token_counter(MODEL), Llama(str(MODEL), vocab_only=True, verbose=False)
    text = "The pump — in bay 4 — is drained."
    assert count(text) == len(llama.tokenize(text.encode(), add_bos=False, special=False))
    assert count("") == 0
    llama.close()


def test_tokens_of_a_file_are_read_again_when_it_has_changed(built, tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(built(LLAMA2).gguf.read_bytes())
    first = cached_vocabulary(path)
    assert cached_vocabulary(path) is first
    path.write_bytes(built(CHATML).gguf.read_bytes())
    assert set(cached_vocabulary(path).marks) == {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}
    assert "<s>" in first.marks


def test_loading_a_model_prints_nothing(capfd):
    cached_vocabulary(MODEL)
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


def question_schema(pattern):
    question = {"type": "string", "pattern": pattern}
    return json.dumps({"type": "object", "properties": {"question": question}, "required": ["question"]})


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|endoftext|>", "<|im_start|>", "[INST]"])
def test_mark_spelled_in_a_document_is_text_in_its_question(mark):
    pattern = f"^What is {re.escape(mark)}( ever)? (closed|drained)\\?$"
    start = json.dumps({"question": f"What is {mark}"}).removesuffix('"}')
    prompts = [
        Prompt(text=f"Sentence: The {mark} valve is closed.\n", start=start, schema=question_schema(pattern), max_tokens=20),
        Prompt(text="Sentence: The pump is drained.\n", max_tokens=3),
    ]
    with BatchGenerator(MODEL, sequences=2, context_tokens=512) as generator:
        found = {completion.index: completion.text for completion in generator.generate(prompts, prefix=f"On {mark}.\n")}
    assert found.keys() == {0, 1}
    assert re.fullmatch(pattern.strip("^$"), json.loads(found[0])["question"])


@pytest.mark.parametrize("start", ['{"size": ', "What", '{"question": "<|im_end|>'])
def test_start_that_breaks_its_schema_spoils_one_prompt_alone(start):
    schema = question_schema("^What (is|was) it\\?$")
    prompts = [Prompt(text="Write: ", start=start, schema=schema), Prompt(text="Write: ", schema=schema)]
    with BatchGenerator(MODEL, sequences=1, context_tokens=512) as generator:
        found = {completion.index: completion for completion in generator.generate(prompts)}
    assert (found[0].text, found[0].token_count, found[0].is_complete) == (start, 0, False)
    assert json.loads(found[1].text)["question"].startswith("What ")


def test_model_with_sentencepiece_writes_what_a_schema_asks(built):
    """Its tokenizer puts a space before a text that stands alone, which no schema allows before its first brace."""
    prompts = [Prompt(text="Key: ", start='{"question": "What', schema=question_schema("^What( is)?$"), max_tokens=12)]
    with BatchGenerator(built(LLAMA2).gguf, sequences=1, context_tokens=512) as generator:
        (completion,) = generator.generate(prompts, prefix="Keys and boxes.\n")
    assert completion.token_count > 0
    assert completion.text.startswith('{"question": "What')


@pytest.mark.parametrize("prefix", ["", "box " * 100])
def test_prompt_longer_than_the_model_was_made_for_is_refused(tmp_path, prefix):
    model = build(CHATML, tmp_path / "short", context=256).gguf
    with BatchGenerator(model, sequences=1, context_tokens=2048) as generator:
        assert len(list(generator.generate([Prompt(text="key", max_tokens=8)], prefix=prefix))) == 1
        with pytest.raises(InputError, match="does not fit"):
            list(generator.generate([Prompt(text="key " * 150, max_tokens=128)], prefix=prefix))


def test_counted_text_is_text():
    assert token_counter(MODEL)("The <|im_end|> mark") > 4


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
