"""Each family of models as a GGUF: transformers reads all of it, as llama.cpp does, or it is not trained."""

import pytest
import torch

from core.errors import InputError
from core.models.causal import load_causal
from core.models.conversion.model import base_gguf
from core.models.intake.brought import check_gguf
from core.models.registry import add_model
from tests.conversion import families

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]

NAMES = ("gpt2", "llama", "llama_2", "llama_3_1", "mistral", "qwen2", "qwen3", "gemma_3", "phi_3", "mamba")


@pytest.mark.parametrize("name", NAMES)
def test_gguf_gives_the_logits_of_the_safetensors(name, tmp_path):
    folder = getattr(families, name)(tmp_path / "base")
    path = base_gguf(folder, tmp_path, "f32")
    check_gguf(path, path.name)
    tokens = torch.tensor([[5, 9, 40, 77, 100, 33, 60, 12, 200, 150]])
    with torch.inference_mode():
        one, other = (
            load_causal(path, format).model(tokens).logits for path, format in ((folder, "safetensors"), (path, "gguf"))
        )
    assert torch.allclose(one, other, atol=1e-4, rtol=0)
    assert one.abs().max() > 1


def test_mixtral_gguf_answers_and_is_not_trained(tmp_path):
    path = base_gguf(families.mixtral(tmp_path / "base"), tmp_path)
    model = add_model(tmp_path / "home", path, "experts")
    assert "blk.0.ffn_gate_exps.weight" in model.training_fault and "not read" in model.training_fault
    with pytest.raises(InputError, match="not read in full by transformers"):
        load_causal(path, "gguf")
