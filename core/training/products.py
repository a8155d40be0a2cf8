"""Products of a frozen layer and its adapter, forward and backward, in as few passes over the numbers as there can be.

peft computes `W x`, `A x`, `B (A x)`, its scaling and the sum one after another, each a pass over an output as large as the
layer's, and in bf16 turns input and output to fp32 and back. Here the products themselves make the sum, in the precision of
the layer; the adapter's own weights and their gradients stay fp32.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn

ADAPTER = "default"  # peft's name of the adapter that is trained


class _AdaptedProduct(torch.autograd.Function):
    """`x @ weight.T + bias + scaling * (x @ down.T) @ up.T`; the frozen weight and bias get no gradient.

    Of T tokens, x is (T, in) and the result (T, out); weight is (out, in), down (rank, in), up (out, rank).
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, down: Tensor, up: Tensor, scaling: float, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        down, up = down.to(x.dtype), up.to(x.dtype)
        inner = x @ down.t()  # (T, rank)
        product = nn.functional.linear(x, weight.to(x.dtype), bias)  # fp16 on a processor becomes fp32 for the product alone
        ctx.save_for_backward(x, inner, down, up, weight)
        ctx.scaling = scaling
        return product.addmm_(inner, up.t(), alpha=scaling)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None, None]:
        (gradient,) = gradients
        x, inner, down, up, weight = ctx.saved_tensors
        inner_gradient = (gradient @ up).mul_(ctx.scaling)  # (T, rank)
        of_down = inner_gradient.t() @ x
        of_up = (gradient.t() @ inner).mul_(ctx.scaling)
        of_x = None
        if ctx.needs_input_grad[0]:
            of_x = (gradient @ weight.to(gradient.dtype)).addmm_(inner_gradient, down)
        return of_x, of_down.float(), of_up.float(), None, None, None


def join_products(model: nn.Module) -> None:
    """Make a model's layers compute their product and their adapter's together, where peft would do nothing else either.

    Left to peft: weights in 8 and 4 bits, and adapters with dropout or taken apart into size and direction.
    """
    for module in model.modules():
        if isinstance(module, Linear) and type(module.base_layer) is nn.Linear and _is_plain(module):
            module.forward = partial(_forward, module, module.forward)


def _is_plain(module: Linear) -> bool:
    """Return whether the layer has the one adapter, of the plain form, and nothing else in it is trained."""
    has_dropout = not isinstance(module.lora_dropout[ADAPTER], nn.Identity)
    is_frozen = not any(weight.requires_grad for weight in module.base_layer.parameters())
    return is_frozen and not (has_dropout or module.lora_bias[ADAPTER] or ADAPTER in module.lora_variant)


def _forward(module: Linear, by_peft: Callable[..., Tensor], x: Tensor, *others: Any, **named: Any) -> Tensor:
    """Return the layer's output; peft computes it where the adapter is off, merged into the weight, or not alone."""
    if module.disable_adapters or module.merged or module.active_adapters != [ADAPTER] or others or named:
        return by_peft(x, *others, **named)
    base = module.base_layer
    product: Tensor = _AdaptedProduct.apply(  # type: ignore[no-untyped-call]
        x.reshape(-1, x.shape[-1]),
        module.lora_A[ADAPTER].weight,
        module.lora_B[ADAPTER].weight,
        module.scaling[ADAPTER],
        base.weight,
        None if base.bias is None else base.bias.to(x.dtype),
    )
    return product.view(*x.shape[:-1], -1)
