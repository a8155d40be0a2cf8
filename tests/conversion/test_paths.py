"""Each family of models all the way: added, trained, resumed, graded, and exported with the same answers."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from core.errors import JobCancelled
from core.models.causal import load_adapter, load_causal
from core.models.conversation import prompt_tokens
from core.models.export import export_adapter, export_gguf, export_merged
from core.models.losses import answer_loss
from core.models.registry import add_model
from core.settings import TrainingSettings
from core.training import train
from tests.conversion import families
from tests.conversion.test_families import answer, answer_of_gguf

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]

ATTENTION, FEED_FORWARD = ["k_proj", "o_proj", "q_proj", "v_proj"], ["down_proj", "gate_proj", "up_proj"]
LLAMA_LAYERS = sorted([*ATTENTION, *FEED_FORWARD])
ADAPTED = {
    "gpt2": ["c_attn", "c_fc", "c_proj"],
    "llama": LLAMA_LAYERS,
    "sliding": LLAMA_LAYERS,
    "mixtral": ["experts", *ATTENTION],
    "qwen2": LLAMA_LAYERS,
    "qwen3": LLAMA_LAYERS,
    "gemma_3": LLAMA_LAYERS,
    "gemma_3_vision": LLAMA_LAYERS,
    "phi_3": ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"],
    "mamba": ["in_proj", "x_proj"],
}
QUESTION = [{"role": "user", "content": families.ROWS[3]["input"]}]


def settings(**changes: object) -> TrainingSettings:
    small = {
        "batch_size": 8,
        "lora_rank": 4,
        "lora_alpha": 8,
        "learning_rate": 2e-2,
        "checkpoint_steps": 1,
        "max_steps": 4,
        "sample_questions": 0,
    }
    return TrainingSettings.from_values({**small, "max_tokens": 120, "warmup_share": 0, **changes})


def losses(folder: Path) -> list[float]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["loss"] for line in lines]


@dataclass(frozen=True)
class Way:
    name: str
    base: Path
    run: Path
    metrics: dict[str, object]


@pytest.fixture(scope="module", params=ADAPTED)
def way(request, tmp_path_factory):
    """A family's model as it lies in a workspace, and a run on it."""
    place = tmp_path_factory.mktemp(request.param)
    base = Path(add_model(place / "home", getattr(families, request.param)(place / "base"), "base").path)
    result = train(base, "safetensors", train_rows=families.ROWS, settings=settings(), folder=place / "run")
    return Way(request.param, base, place / "run", result.metrics)


def test_run_learns_and_names_the_layers_that_it_adapts(way):
    assert losses(way.run)[-1] < losses(way.run)[0]
    assert way.metrics["adapted_layers"] == ADAPTED[way.name]


def test_training_in_four_bits_lowers_the_loss_as_well(way, tmp_path):
    few = settings(precision="4bit", max_steps=3, learning_rate=3e-3)
    train(way.base, "safetensors", train_rows=families.ROWS[:8], settings=few, folder=tmp_path)
    assert losses(tmp_path)[-1] < losses(tmp_path)[0]


def test_run_that_was_interrupted_ends_with_the_same_losses_to_the_last_bit(way, tmp_path):
    def stop(progress):
        if progress.step == 2:
            raise JobCancelled("stopped")

    common = {"train_rows": families.ROWS, "settings": settings(), "folder": tmp_path}
    with pytest.raises(JobCancelled):
        train(way.base, "safetensors", **common, report=stop)
    train(way.base, "safetensors", **common)
    assert losses(tmp_path) == losses(way.run)


def test_exports_answer_as_the_run(way, tmp_path):
    tuned = load_adapter(load_causal(way.base, "safetensors"), way.run / "adapter")
    prompt = prompt_tokens(tuned.vocabulary, tuned.template, QUESTION)
    graded, written = answer_loss(tuned, families.ROWS[:4]), answer(tuned.model, prompt)
    export_adapter(way.run, tmp_path / "adapter")
    again = load_adapter(load_causal(way.base, "safetensors"), tmp_path / "adapter")
    assert answer_loss(again, families.ROWS[:4]) == graded
    export_merged(way.base, "safetensors", folder=way.run, target=tmp_path / "merged")
    merged = load_causal(tmp_path / "merged", "safetensors")
    assert answer_loss(merged, families.ROWS[:4]) == pytest.approx(graded, abs=2e-3)
    assert answer(merged.model, prompt) == written
    export_gguf(way.base, "safetensors", folder=way.run, target=tmp_path / "gguf", quantization="f16")
    again = answer_of_gguf(tmp_path / "gguf" / "model-f16.gguf", prompt)
    assert again == written or way.name == "sliding"  # llama.cpp has no window for Mistral: it looks back over everything


def test_nothing_that_sees_pictures_is_adapted(way):
    from safetensors import safe_open

    with safe_open(way.run / "adapter" / "adapter_model.safetensors", "pt") as file:
        assert not [name for name in file.keys() if "vision" in name or "projector" in name]  # noqa: SIM118


def test_no_row_is_longer_than_the_positions_of_the_model(way, tmp_path):
    """GPT-2 has none beyond; the others give nonsense there."""
    if way.name == "mamba":  # has no positions, and takes a minute for so many tokens
        return
    long = [{"input": "Where is it? " + "It is red. " * 200, "output": "Crate 3 is black."}]
    causal = load_causal(way.base, "safetensors")
    assert torch.isfinite(torch.tensor(answer_loss(causal, long))).all()
    only_one = settings(max_tokens=4096, max_steps=1, batch_size=1)
    result = train(way.base, "safetensors", train_rows=[*long, families.ROWS[0]], settings=only_one, folder=tmp_path)
    assert result.metrics["rows_too_long"] == 1
