"""Adapters that were made elsewhere answer as in peft, whether the engine answers or transformers does."""

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.chat import Message, answer
from core.models.conversation import prompt_tokens
from core.models.engine.supervisor import shared
from core.models.reading import reading_of
from core.models.registry import add_model, find_model, model_folders, remove_model
from core.services.chat.answerers import open_answerer
from core.storage import Workspace
from tests.conversion import families

QUESTION = "What color is crate 3?"
TOKENS = 12
ENGINE, TRANSFORMERS = "llama.cpp", "transformers"
# What each adapter is saved with, and who can answer with it.
KINDS = {
    "plain": ({}, ENGINE),
    "rank-stabilized": ({"use_rslora": True}, ENGINE),
    "alphas": ({"alpha_pattern": {"q_proj": 32, "layers.1.mlp.up_proj": 2}}, ENGINE),
    "ranks": ({"rank_pattern": {"v_proj": 2, "^model.layers.0.mlp.down_proj": 8}}, ENGINE),
    "both, stabilized": (
        {"use_rslora": True, "rank_pattern": {"v_proj": 2}, "alpha_pattern": {"v_proj": 16, "o_proj": 3}},
        ENGINE,
    ),
    "dora": ({"use_dora": True}, TRANSFORMERS),
    "with a head": ({"modules_to_save": ["lm_head"]}, TRANSFORMERS),
    "embedding": ({"target_modules": ["q_proj", "embed_tokens"]}, TRANSFORMERS),
}
pytestmark = [
    pytest.mark.model,
    pytest.mark.usefixtures("warm_converters"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@dataclass(frozen=True)
class Made:
    """An adapter as peft saved it, and what is to answer with it."""

    folder: Path
    backend: str


def said(model, tokenizer, prompt):
    """The likeliest tokens in fp32 as text, each after all before it."""
    tokens = list(prompt)
    with torch.inference_mode():
        for _ in range(TOKENS):
            tokens.append(int(model(input_ids=torch.tensor([tokens])).logits[0, -1].argmax()))
    return tokenizer.decode(tokens[len(prompt) :], skip_special_tokens=True).strip()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny model that only writes tokens which can be told from each other in a text."""
    folder = families.llama(tmp_path_factory.mktemp("bases") / "tiny-llama")
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    words = [tokenizer.decode([token]) for token in range(len(tokenizer))]
    unclear = [token for token, word in enumerate(words) if not word.isprintable() or not word.isascii() or "<|" in word]
    model.lm_head.weight.data[unclear] = 0
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def make(base, tmp_path_factory):
    """Make an adapter that changes the answer, as peft saves it."""

    def made(kind, seed=1):
        described, backend = KINDS[kind]
        folder = tmp_path_factory.mktemp("adapters") / "adapter"
        torch.manual_seed(seed)
        config = LoraConfig(
            **{"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **described}
        )
        model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
        with warnings.catch_warnings(action="ignore"):
            tuned = get_peft_model(model, config)
        for name, weight in tuned.named_parameters():
            if "lora_B" in name or "lora_embedding_A" in name:  # both are zeros at first
                weight.data.normal_(0, 0.04 if config.use_rslora else 0.1)  # so that no layer drowns the others
            if "modules_to_save" in name:
                written = weight.data.abs().sum(1) > 0
                weight.data[written] = weight.data[written].roll(1, 0)
        tuned.save_pretrained(str(folder), save_embedding_layers=False)
        return Made(folder, backend)

    return made


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """One for all tests, in which the base is converted once."""
    opened = Workspace(tmp_path_factory.mktemp("workspace"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(workspace, base):
    """Add an adapter to the workspace and ask it; also what peft says with the folder as it was saved."""
    shared().stop()  # what other tests have left
    model = add_model(workspace.home, base)
    tokenizer = AutoTokenizer.from_pretrained(str(base))
    vocabulary, template = reading_of(model)
    prompt = prompt_tokens(vocabulary, template, [{"role": "user", "content": QUESTION}])

    def asked(folder, name):
        add_model(workspace.home, folder, name)
        plain = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
        before = said(plain, tokenizer, prompt)
        expected = said(PeftModel.from_pretrained(plain, str(folder)).eval(), tokenizer, prompt)
        assert expected != before and len({*expected}) > 2
        opened = open_answerer(workspace, name)
        try:
            return answer(opened, [Message("user", QUESTION)], max_tokens=TOKENS).text.strip(), expected, opened.backend
        finally:
            opened.close()

    yield asked
    shared().stop()


@pytest.mark.parametrize("kind", KINDS)
def test_it_answers_as_in_peft(make, ask, kind):
    made = make(kind)
    text, expected, backend = ask(made.folder, kind.replace(" ", "-").replace(",", ""))
    assert (text, backend) == (expected, made.backend)


def test_two_adapters_on_one_base_are_switched_in_the_same_engine(make, ask, workspace):
    folders = [make("plain", seed=seed).folder for seed in (1, 2)]
    expected = [ask(folder, f"adapter-{number}")[1] for number, folder in enumerate(folders)]
    assert expected[0] != expected[1]
    opened = [open_answerer(workspace, f"adapter-{number}") for number in range(2)]
    [process] = shared().pids()
    for _ in range(2):
        for model, words in zip(opened, expected, strict=True):
            text = answer(model, [Message("user", QUESTION)], max_tokens=TOKENS).text.strip()
            assert text == words
    assert shared().pids() == [process]  # no model was loaded meanwhile


def test_removing_an_adapter_takes_what_was_made_of_it_and_leaves_the_base(make, ask, workspace):
    ask(make("plain").folder, "goes")
    assert [folder for folder in workspace.unpacked_folder.iterdir() if folder.name.startswith("goes-")]
    remove_model(workspace.home, "goes", workspace.unpacked_folder)
    assert not [folder for folder in workspace.unpacked_folder.iterdir() if folder.name.startswith("goes-")]
    assert find_model(model_folders(workspace.home), "tiny-llama")


def test_template_beside_an_adapter_is_used(make, ask, workspace, tmp_path):
    folder = shutil.copytree(make("plain").folder, tmp_path / "copy")
    (folder / "chat_template.jinja").write_text("Something else altogether:", encoding="utf-8")
    text, expected, _ = ask(folder, "with-template")
    assert text != expected
