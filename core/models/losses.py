"""How unlikely a causal model finds right answers: mean cross-entropy, many rows in one forward pass. Imports torch."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from core.models.causal import CausalModel
from core.models.conversation import Encoded, encode_rows
from core.models.packing import PACK_TOKENS, can_share, fit, group, pack, token_losses
from core.models.torch_setup import memory_errors


@torch.no_grad()
def answer_loss(causal: CausalModel, rows: Sequence[Mapping[str, Any]], *, max_tokens: int = 2048) -> list[float]:
    """Return each row's mean cross-entropy over its answer tokens (including the end of the turn), in nats per token.

    Args:
        causal: the model.
        rows: question pairs, see `encode_rows`.
        max_tokens: longer rows lose the end of their answer; a question that fills all of it loses its beginning.
    """
    encoded = encode_rows(causal.vocabulary, causal.template, rows)
    longest = min(max_tokens, causal.context_tokens)
    return mean_losses(causal, [_shortened(row, longest) for row in encoded])


def _shortened(row: Encoded, longest: int) -> Encoded:
    """Cut a row to `longest` tokens, the first token of the answer among them: more positions there may not be."""
    start = max(0, row.answer_start + 1 - longest)
    return Encoded(row.tokens[start : start + longest], row.answer_start - start)


@torch.no_grad()
def mean_losses(causal: CausalModel, rows: Sequence[Encoded], *, may_share: bool | None = None) -> list[float]:
    """Compute `answer_loss` for tokenized rows; `may_share` is the result of `can_share`, None to find out here."""
    if not rows:
        return []
    was_training = causal.model.training
    causal.model.eval()
    if may_share is None:
        may_share = can_share(causal.model, rows, dtype=causal.dtype, device=causal.device)
    losses = [0.0] * len(rows)

    def measure(limit: int) -> None:
        for chosen in group(rows, limit, may_share=may_share):
            packed = pack([rows[index] for index in chosen], dtype=causal.dtype, device=causal.device)
            by_token = token_losses(causal.model, packed)
            for place, index in enumerate(chosen):
                losses[index] = float(by_token[packed.row == place].mean())

    with memory_errors():
        fit(measure, PACK_TOKENS[causal.device])
    causal.model.train(was_training)
    return losses
