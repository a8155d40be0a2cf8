"""Low-precision weights on a CPU: stored in 16, 8 or 4 bits, computed in fp32.

A CPU has no fast fp16 matrix product, and the 8- and 4-bit products of bitsandbytes are made for GPUs: a training step
of the embedded model took 73 to 113 s in fp16 and 16 to 32 s in 8 bit, but 2 s in fp32. Converting a frozen weight to
fp32 just before its product costs 0.1 ms; the product itself costs 4 ms. The fp32 copy exists only during one product;
the backward pass makes it again. None of this is used on a GPU.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from core.settings import Precision


class _FrozenProduct(torch.autograd.Function):
    """`x @ weight.T + bias`, with a weight that is computed on demand, never stored, and gets no gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor | None, weight: Callable[[], Tensor]) -> Tensor:
        ctx.weight = weight
        return nn.functional.linear(x, weight().to(x.dtype), bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        return gradient @ ctx.weight().to(gradient.dtype), None, None


def load_options(precision: Precision, device: str) -> dict[str, Any]:
    """Build the precision options for `from_pretrained`: `dtype` of the weights and, if any, their quantization.

    Quantized weights are computed in bf16 on a GPU and in fp32 on a CPU.
    """
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    if precision in dtypes:
        return {"dtype": dtypes[precision]}
    from transformers import BitsAndBytesConfig

    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    if precision == "8bit":
        return {"dtype": dtype, "quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    return {
        "dtype": dtype,
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",  # Dettmers et al. 2023, section 3
            bnb_4bit_compute_dtype=dtype,
        ),
    }


def compute_in_fp32(model: nn.Module, precision: Precision) -> None:
    """Make a CPU model with weights in 16, 8 or 4 bits compute in fp32; a no-op for fp32 and bf16.

    Linear layers keep their stored weights; everything else (embeddings, norms) becomes fp32.
    """
    if precision not in ("fp16", "8bit", "4bit"):
        return
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    kept = {id(module.weight) for module in linear}
    for parameter in model.parameters():
        if parameter.dtype == torch.float16 and id(parameter) not in kept:
            parameter.data = parameter.data.float()
    for module in model.modules():
        if isinstance(module, nn.Embedding) and module.weight.dtype == torch.float16:
            # Tied to the output layer: the weight stays fp16, its output becomes fp32.
            module.register_forward_hook(lambda _module, _inputs, output: output.float())
    for module in linear:
        weight = _weight_source(module)
        if weight is not None:
            module.forward = partial(_frozen_forward, module, weight)  # type: ignore[method-assign]


def _frozen_forward(module: nn.Linear, weight: Callable[[], Tensor], x: Tensor) -> Tensor:
    bias = None if module.bias is None else module.bias.to(x.dtype)
    product: Tensor = _FrozenProduct.apply(x, bias, weight)  # type: ignore[no-untyped-call]
    return product


def _weight_source(module: nn.Linear) -> Callable[[], Tensor] | None:
    """Return a function that dequantizes the layer's weight, (out, in); None if it is neither fp16 nor quantized."""
    import bitsandbytes as bnb

    if isinstance(module, bnb.nn.Linear4bit):
        return lambda: bnb.functional.dequantize_4bit(module.weight.data, module.weight.quant_state)
    if isinstance(module, bnb.nn.Linear8bitLt):
        # Vector-wise: each row stores the magnitude that 127 stands for. Dettmers et al. 2022 (LLM.int8), section 2.
        return lambda: module.weight.data.float() * (module.weight.SCB[:, None] / 127)
    return (lambda: module.weight.data) if module.weight.dtype == torch.float16 else None
