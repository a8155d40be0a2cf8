"""Each family of models: its GGUF, its adapter beside it and its export answer as the run does in transformers."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from core.errors import InputError
from core.models.agreement import check_same_tokens
from core.models.causal import load_causal
from core.models.conversation import prompt_tokens
from core.models.conversion.adapter import adapter_gguf
from core.models.conversion.model import base_gguf, vocabulary_gguf
from core.models.export import export_gguf, export_merged
from core.models.llama import load_vocabulary
from core.models.releases.template_truth import check_folder, check_gguf, trained_vocabulary
from tests.conversion import families

NAMES = (
    "gpt2", "llama", "llama_2", "llama_3_1", "mistral", "zephyr", "mixtral", "qwen2", "qwen3", "gemma_3", "phi_3",
)  # fmt: skip
HANDED_ON = ("mistral", "qwen3", "gemma_3")  # one for each kind of tokenizer
QUESTION = [{"role": "user", "content": "What color is crate 3?"}]
ANSWER_TOKENS = 16
pytestmark = [
    pytest.mark.model,
    pytest.mark.usefixtures("warm_converters"),
    pytest.mark.filterwarnings("ignore:The following .* keys did not match any targeted module"),  # peft's own
]


@dataclass(frozen=True)
class Family:
    folder: Path  # the base
    run: Path  # with an adapter that changes the answer
    prompt: list[int]
    base_answer: list[int]
    run_answer: list[int]
    has_experts: bool


def answer(model, prompt):
    """The likeliest tokens in fp32, each after all before it."""
    tokens = list(prompt)
    with torch.inference_mode():
        for _ in range(ANSWER_TOKENS):
            tokens.append(int(model(input_ids=torch.tensor([tokens])).logits[0, -1].argmax()))
    return tokens[len(prompt) :]


def answer_of_gguf(path, prompt, adapter=None):
    model = llama_cpp.Llama(
        str(path), n_ctx=256, n_threads=1, verbose=False, logits_all=True, lora_path=str(adapter) if adapter else None
    )
    tokens = list(prompt)
    model.eval(tokens)
    for _ in range(ANSWER_TOKENS):
        tokens.append(int(np.argmax(model.scores[model.n_tokens - 1])))
        model.eval(tokens[-1:])
    model.close()
    return tokens[len(prompt) :]


@pytest.fixture(scope="module", params=NAMES)
def family(request, tmp_path_factory):
    place = tmp_path_factory.mktemp(request.param)
    folder = getattr(families, request.param)(place / "base")
    causal = load_causal(folder, "safetensors")
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    prompt = prompt_tokens(causal.vocabulary, causal.template, QUESTION)
    base_answer = answer(model, prompt)
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    config.use_rslora = request.param == "qwen3"
    with warnings.catch_warnings(action="ignore"):  # peft speaks of what it sees to by itself
        tuned = get_peft_model(model, config)
    torch.manual_seed(1)
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            weight.data.normal_(0, 0.1)
    tuned.save_pretrained(str(place / "run" / "adapter"))
    (place / "run" / "template.jinja").write_text(causal.template, encoding="utf-8")
    run_answer = answer(tuned, prompt)
    assert run_answer != base_answer and len({*run_answer}) > 1
    return Family(folder, place / "run", prompt, base_answer, run_answer, request.param == "mixtral")


def test_base_answers_alike_in_llama_cpp_with_and_without_the_adapter(family, tmp_path):
    base = base_gguf(family.folder, tmp_path, "f32")  # rounded, two tokens that are nearly alike may change places
    assert answer_of_gguf(base, family.prompt) == family.base_answer
    if family.has_experts:  # peft has adapters for all experts in one; llama.cpp knows none such
        with pytest.raises(InputError, match="more than llama"):
            adapter_gguf(family.run / "adapter", family.folder, tmp_path)
        return
    adapter = adapter_gguf(family.run / "adapter", family.folder, tmp_path)
    assert answer_of_gguf(base, family.prompt, adapter) == family.run_answer


def test_export_answers_as_the_run(family, tmp_path):
    export_gguf(family.folder, "safetensors", folder=family.run, target=tmp_path / "gguf", quantization="f16")
    assert answer_of_gguf(tmp_path / "gguf" / "model-f16.gguf", family.prompt) == family.run_answer


@pytest.mark.parametrize("family", HANDED_ON, indirect=True)
def test_merged_folder_and_gguf_answer_as_the_run_and_read_its_tokens(family, tmp_path):
    trained = trained_vocabulary(family.folder, "safetensors")
    template = (family.run / "template.jinja").read_text(encoding="utf-8")
    export_merged(family.folder, "safetensors", folder=family.run, target=tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(str(tmp_path / "merged"), dtype=torch.float32)
    assert answer(merged, family.prompt) == family.run_answer
    assert check_folder(tmp_path / "merged", trained, template).readers == ("transformers",)
    export_gguf(family.folder, "safetensors", folder=family.run, target=tmp_path / "gguf", quantization="f16")
    file = tmp_path / "gguf" / "model-f16.gguf"
    assert check_gguf(file, trained, template).readers == ("llama.cpp", "llama.cpp's server")
    with pytest.raises(InputError, match=r"token \d+ is .* and was "):
        check_gguf(file, trained, f"Now {template}")


def test_llama_cpp_reads_a_conversation_as_it_is_trained(family, tmp_path):
    causal = load_causal(family.folder, "safetensors")
    engine = load_vocabulary(vocabulary_gguf(family.folder, tmp_path))
    check_same_tokens(causal.vocabulary, engine, causal.template, hint="")
    assert prompt_tokens(engine, causal.template, QUESTION) == family.prompt
