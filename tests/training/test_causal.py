"""Loading, asking and measuring a causal model."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from core.errors import InputError, SetupError
from core.models.causal import load_adapter, load_causal
from core.models.decoding import generate_batch, generate_stream
from core.models.losses import answer_loss
from core.models.torch_setup import memory_errors
from core.training import train

pytestmark = pytest.mark.model

ROWS = [{"input": "What is the tool drawer's number?", "output": "It is number fourteen."}] * 2
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
MEGABYTE = 1_000_000


# Footprints: fp32 is 4 bytes for each of 134,515,008 weights, bf16 and fp16 half; 8 and 4 bit as measured with
# bitsandbytes 0.50.2, whose embeddings stay fp32 on a processor (docs/decisions/training.md).
@pytest.mark.parametrize(
    ("precision", "megabytes"), [("fp32", 538), ("bf16", 269), ("fp16", 269), ("8bit", 220), ("4bit", 166)]
)
def test_embedded_model_trains_and_answers_in_every_precision(embedded, cache, settings, tmp_path, precision, megabytes):
    chosen = settings(max_steps=2, batch_size=2, learning_rate=2e-3, precision=precision, warmup_share=0)
    result = train(embedded, "gguf", train_rows=ROWS, settings=chosen, folder=tmp_path, cache=cache)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[1]["loss"] < lines[0]["loss"]
    base = load_causal(embedded, "gguf", precision=precision, cache=cache)
    assert base.model.get_memory_footprint() / MEGABYTE == pytest.approx(megabytes, rel=0.03)
    assert generate_batch(base, [FRANCE[0]["content"]], max_tokens=8)[0].startswith("The capital of France is Paris")
    before = answer_loss(base, ROWS)
    tuned = load_adapter(base, tmp_path / "adapter")
    assert answer_loss(tuned, ROWS)[0] < before[0]
    assert result.metrics["weights_bytes"] > megabytes * MEGABYTE * 0.97


@pytest.fixture(scope="module")
def model(tiny):
    return load_causal(tiny, "safetensors")


def test_streamed_answer_is_the_batched_answer(model, rows):
    questions = [row["input"] for row in rows[:3]]
    batched = generate_batch(model, questions, max_tokens=12)
    streamed = ["".join(generate_stream(model, [{"role": "user", "content": text}], max_tokens=12)) for text in questions]
    assert [text.strip() for text in streamed] == batched
    assert any(batched)


class Reciting(torch.nn.Module):
    """Writes the given tokens, whatever it is asked."""

    config = type("Config", (), {"max_position_embeddings": 256})

    def __init__(self, tokens):
        super().__init__()
        self.tokens = iter(tokens)

    def forward(self, input_ids, past_key_values=None, use_cache=True):
        logits = torch.zeros(1, 1, 400)
        logits[0, 0, next(self.tokens)] = 1
        return type("Output", (), {"logits": logits, "past_key_values": None})


def test_streamed_answer_never_shows_half_a_character(model):
    text = "na\u00efve \U0001f600 \u4f60"  # none of the three is one token of a tokenizer trained on plain English
    tokens = model.tokenizer(text)["input_ids"]
    assert len(tokens) > len(text)
    pieces = list(generate_stream(replace(model, model=Reciting([*tokens, model.tokenizer.eos_token_id])), FRANCE))
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_same_seed_gives_the_same_answer(model):
    first, second, third = (
        list(generate_stream(model, FRANCE, max_tokens=12, temperature=1.0, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == second != third


def test_adapter_changes_the_loss_and_can_be_switched_off(model, tiny, rows, settings, tmp_path):
    before = answer_loss(model, rows[:4])
    train(tiny, "safetensors", train_rows=rows, settings=settings(max_steps=4), folder=tmp_path)
    tuned = load_adapter(load_causal(tiny, "safetensors"), tmp_path / "adapter")
    assert sum(answer_loss(tuned, rows[:4])) < sum(before)
    with tuned.model.disable_adapter():
        assert answer_loss(tuned, rows[:4]) == pytest.approx(before, abs=1e-5)


def test_damaged_adapter_is_an_error_of_the_set_up(tiny, rows, settings, tmp_path):
    train(tiny, "safetensors", train_rows=rows, settings=settings(max_steps=1), folder=tmp_path)
    weights = tmp_path / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(SetupError, match="damaged"):
        load_adapter(load_causal(tiny, "safetensors"), tmp_path / "adapter")


def test_conversation_without_room_for_an_answer_is_refused(model):
    with pytest.raises(InputError, match="this model reads 256"):
        next(iter(generate_stream(model, [{"role": "user", "content": "word " * 400}])))


def test_pickled_weights_are_refused(tiny, tmp_path):
    folder = tmp_path / "pickled"
    shutil.copytree(tiny, folder)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="only pickled weights"):
        load_causal(folder, "safetensors")


def test_model_code_of_strangers_is_not_run(tiny, tmp_path):
    folder = tmp_path / "code"
    shutil.copytree(tiny, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "stranger", "auto_map": {"AutoModelForCausalLM": "run.Run", "AutoConfig": "run.Config"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "run.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be loaded"):
        load_causal(folder, "safetensors")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        # The words of torch's processor allocator, c10/core/impl/alloc_cpu.cpp.
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes."),
    ],
)
def test_too_little_memory_names_remedies(error):
    with pytest.raises(SetupError, match="4bit"), memory_errors():
        raise error


def test_other_runtime_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes"), memory_errors():
        raise RuntimeError("shapes do not match")
