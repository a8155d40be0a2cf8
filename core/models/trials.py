"""Smoke tests for the libraries that run and train language models. Run each in a process that may crash."""

from pathlib import Path

from core.embedded import embedded_folder
from core.models import registry
from core.settings import EMBEDDED_MODEL

TOKENS = 16
COUNTING = "One, two, three, four, five,"


def embedded_path() -> Path:
    """Return the path of the embedded language model.

    Raises:
        SetupError: it is not installed.
    """
    return Path(registry.find_model([embedded_folder()], EMBEDDED_MODEL).path)


def write_tokens() -> str:
    """Write `TOKENS` tokens with the embedded model in both ways that are used: in a batch, and through llama-server.

    Returns:
        A sentence for the report.

    Raises:
        RuntimeError: the batch wrote fewer, or the server wrote nothing.
        SetupError: the engine cannot be started, or crashed.
    """
    from core.models.batch import BatchGenerator
    from core.models.engine.model import EngineModel
    from core.models.engine.supervisor import Supervisor
    from core.models.text import Prompt

    with BatchGenerator(embedded_path(), sequences=1, context_tokens=256) as generator:
        completion = next(generator.generate([Prompt(text=COUNTING, max_tokens=TOKENS)]))
    if completion.token_count < TOKENS:
        raise RuntimeError(f"wrote {completion.token_count} tokens, not {TOKENS}")
    supervisor = Supervisor()
    try:
        model = EngineModel(supervisor, embedded_path())
        question = [{"role": "user", "content": "Count from one to twenty, in words."}]
        answer = "".join(model.stream(question, max_tokens=TOKENS, temperature=0.0))
    finally:
        supervisor.stop()
    if not answer.strip():
        raise RuntimeError("llama-server wrote nothing")
    return f"wrote {TOKENS} tokens, in a batch and through llama-server"


def multiply_matrices() -> str:
    """Multiply two matrices in fp32 and in bf16, forward and backward, as a training step does.

    Raises:
        RuntimeError: the product or its gradient is wrong.
    """
    import torch

    for dtype, tolerance in ((torch.float32, 1e-3), (torch.bfloat16, 1e-1)):
        left = torch.eye(256, dtype=dtype).mul_(2).requires_grad_()
        right = torch.arange(256, dtype=dtype).repeat(256, 1)
        product = left @ right
        (gradient,) = torch.autograd.grad(product.sum(), left)
        wrong = (product - 2 * right).abs().max().item() + (gradient - right.sum(1)).abs().max().item()
        if wrong > tolerance:
            raise RuntimeError(f"a product in {dtype} is wrong by {wrong}")
    return "multiplied in fp32 and bf16"


def quantize_weights() -> str:
    """Quantize a row of weights to 4 bits (NF4) and back.

    Raises:
        RuntimeError: the weights come back wrong.
    """
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

    weights = torch.linspace(-1, 1, 4096)
    packed, state = quantize_4bit(weights, quant_type="nf4")
    wrong = (dequantize_4bit(packed, state) - weights).abs().max().item()
    if wrong > 0.2:  # the widest gap between two values of NF4 is 0.30: Dettmers et al. 2023, appendix E
        raise RuntimeError(f"weights of 4 bits are wrong by {wrong:.2f}")
    return "quantized to 4 bits"
