"""An adapter's four operations as one (installer/engine_adapter.h): the same numbers as llama.cpp's own four."""

import ctypes
from pathlib import Path

import gguf
import numpy as np
import pytest

from core.models.engine.context import read_head
from core.models.engine.program import server_program
from core.models.gguf_file import quantize
from tests.models.engine.standing import REAL_MODEL

pytestmark = pytest.mark.model

READ_TOGETHER = 24  # more than the operation is for: llama.cpp's own four
TOKENS = range(200, 200 + READ_TOGETHER)


def write_adapter(path: Path, *, rank: int, is_half: bool = True) -> Path:
    """An adapter by chance on a matrix of each form, so large that every answer changes."""
    head, draw = read_head(REAL_MODEL), np.random.default_rng(rank)
    width, between = head["llama.embedding_length"], head["llama.feed_forward_length"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0 * rank)
    forms = {"attn_output": (width, width), "ffn_up": (width, between), "ffn_down": (between, width)}
    for name, (into, out) in forms.items():
        for layer in (0, 7, 21):
            for side, shape in {"a": (rank, into), "b": (out, rank)}.items():
                values = draw.normal(0, 0.1, shape).astype(np.float16 if is_half else np.float32)
                writer.add_tensor(f"blk.{layer}.{name}.weight.lora_{side}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The embedded model in fp16: in 4 bits its own rounding is larger than what an adapter changes."""
    path = tmp_path_factory.mktemp("half") / "model.gguf"
    quantize(REAL_MODEL, path, "f16")
    return path


def last_logits(model_path: Path, adapter: Path | None, *, at_once: int) -> np.ndarray:
    """What the model makes of the tokens, `at_once` of them read together."""
    import llama_cpp.llama_cpp as C

    model = C.llama_model_load_from_file(str(model_path).encode(), C.llama_model_default_params())
    context = C.llama_init_from_model(model, C.llama_context_default_params())
    try:
        if adapter:
            found = C.llama_adapter_lora_init(model, str(adapter).encode())
            C.llama_set_adapters_lora(context, (C.llama_adapter_lora_p_ctypes * 1)(found), 1, (ctypes.c_float * 1)(1.0))
        for start in range(0, READ_TOGETHER, at_once):
            part = TOKENS[start : start + at_once]
            tokens = (C.llama_token * len(part))(*part)
            assert C.llama_decode(context, C.llama_batch_get_one(tokens, len(part))) == 0
        size = C.llama_vocab_n_tokens(C.llama_model_get_vocab(model))
        return np.ctypeslib.as_array(C.llama_get_logits_ith(context, -1), (size,)).copy()
    finally:
        C.llama_free(context)
        C.llama_model_free(model)


@pytest.mark.parametrize("at_once", [1, 16])
@pytest.mark.parametrize(("rank", "is_half"), [(8, True), (16, True), (64, True), (4, True), (16, False)])
def test_the_numbers_are_those_of_llama_cpp(half, tmp_path, at_once, rank, is_half):
    adapter = write_adapter(tmp_path / "adapter.gguf", rank=rank, is_half=is_half)
    by_four = last_logits(half, adapter, at_once=READ_TOGETHER)
    effect = np.abs(by_four - last_logits(half, None, at_once=READ_TOGETHER)).max()
    assert effect > 2
    assert np.abs(last_logits(half, adapter, at_once=at_once) - by_four).max() < 0.02 * effect


def test_the_engine_that_was_built_has_the_operation():
    library = server_program().parent / "libllama.so"
    assert b"garrison11add_adapter" in library.read_bytes()
