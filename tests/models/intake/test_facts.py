"""What a model's card says: read from headers and configuration, in words."""

import pytest

from core.files import sha256_file
from core.models.intake.facts import facts_of, in_words, sentences
from core.models.registry import add_model, file_hashes, find_model, model_folders
from core.records import Model
from tests.small_models import write_folder, write_gguf


def of_folder(tmp_path, **config):
    folder = write_folder(tmp_path / "model", **config)
    return facts_of(Model(name="m", path=str(folder), format="safetensors", size_bytes=0, sha256=""))


def test_card_of_the_embedded_model(home):
    """Figures: the model's publisher (134.5 M parameters, 8,192 tokens)."""
    model = find_model(model_folders(home), "smollm2-135m-instruct")
    assert sentences(facts_of(model)) == {
        "Family": "llama",
        "Parameters": "134.5 million",
        "Context": "8,192 tokens",
        "Attention": "looks back over the whole text",
        "Experts": "none",
        "Chat template": "yes",
    }
    assert file_hashes(model) == {"SmolLM2-135M-Instruct.Q4_1.gguf": model.sha256}


def test_folder_and_gguf_of_a_model_say_the_same(tmp_path):
    gguf = facts_of(Model(name="m", path=str(write_gguf(tmp_path / "m.gguf")), format="gguf", size_bytes=0, sha256=""))
    assert gguf == of_folder(tmp_path)
    assert (gguf.parameters, gguf.context_tokens, gguf.has_template) == (15_008, 64, False)


@pytest.mark.parametrize(
    ("config", "attention", "window"),
    [
        ({"sliding_window": 16}, "sliding", 16),
        ({"sliding_window": None}, "full", None),
        ({"sliding_window": 16, "use_sliding_window": False}, "full", None),
        ({"sliding_window": 16, "layer_types": ["full_attention"] * 2}, "full", None),
        ({"sliding_window": 16, "layer_types": ["full_attention", "sliding_attention"]}, "sliding", 16),
        ({"model_type": "mamba"}, "none", None),
        ({"model_type": "gemma3", "text_config": {"sliding_window": 8}}, "sliding", 8),
    ],
)
def test_kind_of_attention(tmp_path, config, attention, window):
    facts = of_folder(tmp_path, **config)
    assert (facts.attention, facts.window_tokens) == (attention, window)


def test_experts_and_their_share_of_the_weights(tmp_path):
    def add(weights):
        for expert in range(4):
            weights[f"model.layers.0.block_sparse_moe.experts.{expert}.w1.weight"] = (32, 32)

    folder = write_folder(tmp_path / "m", change=add, num_local_experts=4, num_experts_per_tok=2)
    facts = facts_of(Model(name="m", path=str(folder), format="safetensors", size_bytes=0, sha256=""))
    assert (facts.experts, facts.experts_used, facts.expert_parameters) == (4, 2, 4 * 32 * 32)
    assert sentences(facts)["Experts"] == "4, 2 used for each token"


def test_checksum_of_each_file_is_recorded(home, tmp_path):
    folder = write_folder(tmp_path / "m")
    model = add_model(home, folder)
    assert file_hashes(model) == {file.name: sha256_file(file) for file in sorted(folder.iterdir())}


def test_other_models_and_damaged_ones_have_no_facts(tmp_path):
    assert facts_of(Model(name="m", path=str(tmp_path), format="spacy", size_bytes=0, sha256="")) is None
    assert facts_of(Model(name="m", path=str(tmp_path / "gone"), format="gguf", size_bytes=0, sha256="")) is None


def test_numbers_as_people_say_them():
    assert [in_words(count) for count in (900, 134_515_008, 7_241_732_096)] == ["900", "134.5 million", "7.2 billion"]
