"""In which precision a model is opened, and where: on devices that were invented, and on disk beside memory for real."""

import pytest
import torch

from core.chat import Message, answer, open_model
from core.models import devices
from core.models.causal import load_causal
from core.models.described import lines_of
from core.models.devices import free_devices, loading_of
from core.models.intake.layers import base_at
from core.models.loading import choose_loading, parts_of
from core.models.registry import add_model
from core.models.shapes import Base, Layer
from core.models.spread import SHARE, Device
from tests.conversion import families
from tests.small_models import write_folder

GB = 10**9
WIDTH, LAYERS, TOKENS = 4096, 32, 32000


def layers(*, has_experts=False):
    """A model of 32 layers with 100 M weights each: 13.1 GB in fp32, 6.6 in 16 bit, 3.4 in 8 and 2 in 4."""
    names = [f"model.layers.{n}.mlp.up" for n in range(LAYERS)]
    weights = {"model.embed_tokens.weight": (TOKENS, WIDTH)}
    weights |= {f"{name}.weight": (25_000, WIDTH) for name in names}
    if has_experts:
        weights |= {"model.layers.31.mlp.experts.up": (8, 10, WIDTH)}
    weights |= {"model.norm.weight": (WIDTH,), "lm_head.weight": (TOKENS, WIDTH)}
    found = {name: Layer(WIDTH, 25_000) for name in names}
    found |= {"model.embed_tokens": Layer(TOKENS, WIDTH, is_embedding=True), "lm_head": Layer(WIDTH, TOKENS)}
    return Base(layers=found, weights=weights, buffers=("model.rotary_emb.inv_freq",))


def gpu(number, free_gb):
    return Device(kind="gpu", number=number, free_bytes=round(free_gb * GB / SHARE))


def memory(free_gb):
    return Device(kind="memory", free_bytes=round(free_gb * GB / SHARE))


DISK = Device(kind="disk", free_bytes=10**15)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([gpu(0, 15), memory(99), DISK], "in 32 bit, all of it on GPU 0"),
        ([gpu(0, 3), gpu(1, 15), memory(99), DISK], "in 32 bit, all of it on GPU 1"),
        ([gpu(0, 8), memory(99), DISK], "in 16 bit, all of it on GPU 0"),
        ([gpu(0, 4), gpu(1, 4), memory(99), DISK], "in 16 bit, layers 0 to 17 on GPU 0, 18 to 31 on GPU 1"),
        ([gpu(0, 3.9), memory(99), DISK], "in 8 bit, all of it on GPU 0"),
        ([gpu(0, 2.1), gpu(1, 2.1), memory(99), DISK], "in 8 bit, layers 0 to 16 on GPU 0, 17 to 31 on GPU 1"),
        ([gpu(0, 2.4), memory(99), DISK], "in 4 bit, all of it on GPU 0"),
        ([gpu(0, 1.4), gpu(1, 1.4), memory(9), DISK], "in 4 bit, layers 0 to 18 on GPU 0, 19 to 31 on GPU 1"),
        (
            [gpu(0, 1.5), memory(99), DISK],
            "in 16 bit, layers 0 to 3 on GPU 0, the rest in memory; slow, since parts are brought anew for each word",
        ),
        ([memory(15), DISK], "in 32 bit, all of it in memory"),
        ([memory(8), DISK], "in 16 bit, all of it in memory"),
        ([memory(4.4), DISK], "in 8 bit, all of it in memory"),
        ([memory(3.0), DISK], "in 4 bit, all of it in memory"),
        (
            [memory(1.5), DISK],
            "in 16 bit, layers 0 to 3 in memory, the rest on the disk; slow, since parts are brought anew for each word",
        ),
    ],
)
def test_loading_in_words(places, words):
    assert choose_loading(layers(), places).words == words


def test_experts_are_never_left_on_the_disk():
    assert choose_loading(layers(has_experts=True), [memory(1.5), DISK]) is None
    assert choose_loading(layers(has_experts=True), [memory(15), DISK]).words == "in 32 bit, all of it in memory"


def test_model_whose_parts_have_no_room_where_they_are_computed_is_not_opened():
    assert choose_loading(layers(), [memory(0.1), DISK]) is None


@pytest.mark.parametrize(
    ("precision", "is_on_gpu", "layer_bytes", "embedding_bytes"),
    [("fp32", True, 4, 4), ("bf16", True, 2, 2), ("fp16", False, 2, 2), ("8bit", True, 1, 2), ("4bit", False, 0.5625, 4)],
)
def test_sizes_follow_the_precision_and_embeddings_are_not_quantized(precision, is_on_gpu, layer_bytes, embedding_bytes):
    parts = {part.name: part for part in parts_of(layers(), precision, is_on_gpu=is_on_gpu)}
    assert parts["model.layers.3"].size_bytes == layer_bytes * 25_000 * WIDTH
    assert parts["model.embed_tokens"].size_bytes == parts["lm_head"].size_bytes == embedding_bytes * TOKENS * WIDTH
    assert (parts["model.layers.3"].layer, parts["lm_head"].layer) == (3, None)
    assert parts["model.rotary_emb"].size_bytes == 0  # it has no weights and must have a place


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_parts_of_a_model_cover_all_that_it_holds(family, tmp_path):
    base = base_at(getattr(families, family)(tmp_path / "tiny"), "safetensors")
    parts = parts_of(base, "fp32", is_on_gpu=False)
    for name in (*base.weights, *base.buffers):
        assert any(name.startswith(f"{part.name}.") for part in parts)
    assert [part.layer for part in parts if part.layer is not None] == [0, 1]
    if family == "gpt2":  # whose head is its embedding
        assert next(part for part in parts if part.name == "lm_head").shares == "transformer.wte"


def small(monkeypatch, share, base):
    """Give this machine so little memory that it holds only a share of a model in 16 bit."""
    held = sum(part.size_bytes for part in parts_of(base, "bf16", is_on_gpu=False))
    largest = max(part.size_bytes for part in parts_of(base, "bf16", is_on_gpu=False))
    places = [Device(kind="memory", free_bytes=round((share * held + largest) / SHARE)), DISK]
    monkeypatch.setattr(devices, "free_devices", lambda: places)
    monkeypatch.setattr("core.models.loading.QUANTIZED", {"8bit": 9.0, "4bit": 9.0})  # tiny layers are mostly their rest


@pytest.mark.model
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_model_that_lies_partly_on_the_disk_answers_as_the_whole(family, tmp_path, monkeypatch):
    folder = getattr(families, family)(tmp_path / "tiny")
    whole = load_causal(folder, "safetensors", precision="bf16")
    small(monkeypatch, 0.5, base_at(folder, "safetensors"))
    loading = loading_of(folder)
    assert loading.words.startswith("in 16 bit, ") and "on the disk" in loading.words
    spread = load_causal(folder, "safetensors", precision=loading.precision, split=loading.split)
    on_disk = [name for name, weight in spread.model.named_parameters() if weight.device.type == "meta"]
    assert on_disk and len(on_disk) < len(list(spread.model.parameters()))
    tokens = torch.tensor([[5, 9, 33, 12, 40, 41]])
    with torch.inference_mode():
        assert torch.equal(spread.model(input_ids=tokens).logits, whole.model(input_ids=tokens).logits)


@pytest.mark.model
def test_it_is_chatted_with_like_any_other(tmp_path, monkeypatch):
    folder = families.llama(tmp_path / "tiny")
    question = [Message("user", "What color is crate 3?")]
    monkeypatch.setattr(devices, "free_devices", lambda: [Device(kind="memory", free_bytes=10**9), DISK])
    whole = answer(open_model(folder, "safetensors"), question, max_tokens=8)
    small(monkeypatch, 0.5, base_at(folder, "safetensors"))
    spread = answer(open_model(folder, "safetensors"), question, max_tokens=8)
    assert spread.token_count == whole.token_count == 8


def test_page_and_command_say_how_a_model_would_be_opened(home, tmp_path):
    model = add_model(home, write_folder(tmp_path / "tiny"))
    assert lines_of(model)["Opened now"] == "in 32 bit, all of it in memory"


def test_this_machine_has_memory_and_a_disk():
    kinds = [device.kind for device in free_devices()]
    assert kinds[-2:] == ["memory", "disk"] and set(kinds[:-2]) <= {"gpu"}
