"""What the real engine reads and where its answers end."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InputError
from core.models.causal import load_causal
from core.models.conversation import prompt_tokens
from core.models.decoding import generate_batch, generate_stream
from core.models.engine.model import EngineModel
from core.models.engine.supervisor import Supervisor
from core.models.llama import load_vocabulary
from core.models.templates import FALLBACK_TEMPLATE
from tests.families import CHATML, FAMILIES, GEMMA3, GPT2, PHI3, Family, build
from tests.models.engine.standing import REAL_MODEL, asked

pytestmark = pytest.mark.model
HELLO = [{"role": "user", "content": "Hello"}]
FRANCE = [{"role": "system", "content": ""}, {"role": "user", "content": "What is the capital of France?"}]
# Of llama.cpp's list of marks that end a turn (src/llama-vocab.cpp) it is none.
UNHEARD = replace(
    CHATML,
    name="unheard",
    marks=[("<|endoftext|>", True, False), ("<turn>", True, False), ("<turn_over>", True, False)],
    bos="<|endoftext|>",
    eos="<|endoftext|>",
    end="<turn_over>",
    template="{% for m in messages %}{{ '<turn>' + m.role + '\n' + m.content + '<turn_over>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<turn>assistant\n' }}{% endif %}",
)


def saying(family: Family, folder: Path, **options):
    """A model that answers "Yes", ends its turn, and says it again and again if it is let."""
    model = load_causal(build(family, folder / "first").folder, "safetensors")
    last = model.tokenizer.convert_ids_to_tokens(prompt_tokens(model.vocabulary, model.template, HELLO)[-1])
    chain = {last: "Y", "Y": "e", "e": "s", "s": family.end, family.end: "Y"}
    return build(family, folder / "second", following=chain, **options)


def answer(supervisor, path, messages=HELLO, *, max_tokens=24):
    return "".join(EngineModel(supervisor, path).stream(messages, max_tokens=max_tokens, temperature=0.0)).strip()


@pytest.mark.parametrize("family", [*FAMILIES, UNHEARD], ids=lambda family: family.name)
def test_answer_ends_where_the_template_ends_a_turn(family, supervisor, tmp_path):
    model = saying(family, tmp_path)
    causal = load_causal(model.folder, "safetensors")
    assert answer(supervisor, model.gguf) == "Yes"
    assert "".join(generate_stream(causal, HELLO, max_tokens=24)).strip() == "Yes"
    assert generate_batch(causal, ["Hello"], max_tokens=24) == ["Yes"]


@pytest.mark.parametrize("family", [GEMMA3, PHI3, UNHEARD], ids=lambda family: family.name)
def test_other_names_of_an_end_end_an_answer_too(family, tmp_path):
    """A generation_config.json may name ends that neither tokenizer nor template know."""
    model = saying(replace(family, template=FALLBACK_TEMPLATE), tmp_path)
    causal = load_causal(model.folder, "safetensors")
    end = causal.vocabulary.marks[family.end]
    assert generate_batch(causal, ["Hello"], max_tokens=24) != ["Yes"]
    causal.model.generation_config.eos_token_id = [end]
    causal.model.generation_config.save_pretrained(model.folder)
    assert generate_batch(load_causal(model.folder, "safetensors"), ["Hello"], max_tokens=24) == ["Yes"]


def test_mark_that_llama_cpp_does_not_know_is_asked_for_as_text(stand_in, supervisor, tmp_path):
    model = build(UNHEARD, tmp_path / "model").gguf
    list(EngineModel(supervisor, model).stream(HELLO, max_tokens=4, temperature=0.0))
    [told] = [entry for entry in asked(stand_in) if "prompt" in entry]
    assert told["stop"] == told["preserved_tokens"] == ["<turn_over>"]
    assert told["prompt"] == prompt_tokens(load_vocabulary(model), UNHEARD.template, HELLO)


def test_model_without_a_template_is_asked_as_human_and_answers_as_bot(stand_in, supervisor, built):
    """llama-server names ChatML for such a model."""
    list(EngineModel(supervisor, built(GPT2).gguf).stream(HELLO, max_tokens=4, temperature=0.0))
    [told] = [entry for entry in asked(stand_in) if "prompt" in entry]
    vocabulary = load_vocabulary(built(GPT2).gguf)
    assert b"".join(map(vocabulary.piece, told["prompt"])) == b"<human>: Hello\n<bot>:"
    assert told["stop"] == ["<human>:", "\n<bot>:"]


def test_model_answers_in_pieces(supervisor: Supervisor):
    pieces = list(EngineModel(supervisor, REAL_MODEL).stream(FRANCE, max_tokens=20, temperature=0.0))
    assert len(pieces) > 3
    assert "".join(pieces) == "The capital of France is Paris."


@pytest.mark.parametrize("context", [256, 300, 512])
def test_conversation_longer_than_the_model_was_made_for_is_refused(supervisor, tmp_path, context):
    model, long = saying(CHATML, tmp_path, context=context), [{"role": "user", "content": "a b c d e " * 200}]
    with pytest.raises(InputError, match=f"this model reads {context}"):
        answer(supervisor, model.gguf, long)
    with pytest.raises(InputError, match=f"this model reads {context}"):
        next(generate_stream(load_causal(model.folder, "safetensors"), long))
    assert answer(supervisor, model.gguf) == "Yes"


def test_conversation_that_memory_does_not_hold_is_told_so(supervisor, tmp_path, monkeypatch):
    """No memory at all is thought of: the least that a conversation gets are 512 tokens."""
    monkeypatch.setattr("core.models.engine.context.MEMORY_SHARE", 0.0)
    model, long = saying(CHATML, tmp_path, context=32768), [{"role": "user", "content": "a b c d e " * 200}]
    with pytest.raises(InputError, match="memory holds 512 of the 32768 this model reads") as told:
        answer(supervisor, model.gguf, long)
    assert "Close other programs" in told.value.hint.words


def test_model_made_for_much_reads_it(supervisor, tmp_path):
    model = saying(CHATML, tmp_path, context=32768)
    assert answer(supervisor, model.gguf, [{"role": "user", "content": "key " * 6000}]) == "Yes"
