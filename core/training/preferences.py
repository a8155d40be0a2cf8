"""Learning which of two answers to a question reviewers preferred (`objective="dpo"`): direct preference optimization.

The run is to find the chosen answer likelier, and the rejected one less likely, than it did when it began. Source: Rafailov
et al. 2023 (Direct Preference Optimization), equation 7; the reference is what the training begins with.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.models.causal import CausalModel
from core.models.conversation import Encoded
from core.models.packing import group, pack, token_losses


class Preferences:
    """N pairs of answers, and how likely each was when the training began."""

    def __init__(
        self,
        causal: CausalModel,
        chosen: Sequence[Encoded],
        rejected: Sequence[Encoded],
        *,
        beta: float,
        may_share: bool,
    ) -> None:
        """Measure how likely the answers are to the model as it is now.

        Args:
            causal: the model that learns, before its first step.
            chosen: rows with the answers that reviewers preferred, N.
            rejected: rows with the others, N, in the same order.
            beta: how strongly the run is held to what it begins with.
            may_share: the result of `can_share`.
        """
        self._causal, self._chosen, self._rejected = causal, chosen, rejected
        self._beta, self._may_share = beta, may_share
        self._reference = self._measure()

    def add_gradients(self, indices: Sequence[int], pack_tokens: int, *, of: int | None = None) -> float:
        """Add the gradients of the mean loss over the pairs at `indices`; return that mean, in nats.

        With `of` they are a share of so many pairs, and the mean is over all of these: shares add up to it.
        """
        total = 0.0
        for some in self._groups(indices, pack_tokens):
            begun = torch.tensor([self._reference[index] for index in some], device=self._causal.device)  # (P, 2)
            drawn = self._likelihoods(some) - begun
            loss = -nn.functional.logsigmoid(self._beta * (drawn[:, 0] - drawn[:, 1])).sum() / (of or len(indices))
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return total

    def preferred(self) -> tuple[float, float]:
        """Return for which share of the pairs the chosen answer is likelier: when the training began, and now."""
        before, after = ([chosen > rejected for chosen, rejected in each] for each in (self._reference, self._measure()))
        return sum(before) / len(before), sum(after) / len(after)

    @torch.no_grad()
    def _measure(self) -> list[list[float]]:
        """Return the log-likelihoods of the chosen and the rejected answer of each pair, (N, 2), without dropout."""
        model = self._causal.model
        was_training = model.training
        model.eval()
        told = [self._likelihoods([index]).tolist()[0] for index in range(len(self._chosen))]
        model.train(was_training)
        return told

    def _groups(self, indices: Sequence[int], pack_tokens: int) -> list[list[int]]:
        """Divide pairs so that both rows of those in a group fit into a pack together."""
        longer = [max(self._chosen[index], self._rejected[index], key=lambda row: len(row.tokens)) for index in indices]
        return [[indices[place] for place in places] for places in group(longer, pack_tokens // 2)]

    def _likelihoods(self, indices: Sequence[int]) -> Tensor:
        """Return the log-likelihoods of both answers, (P, 2), each summed over its tokens, in nats."""
        rows = [row for index in indices for row in (self._chosen[index], self._rejected[index])]
        causal = self._causal
        packs = [rows] if self._may_share else [[row] for row in rows]
        summed = []
        for some in packs:
            packed = pack(some, dtype=causal.dtype, device=causal.device)
            losses = token_losses(causal.model, packed)
            summed.append(-torch.zeros(len(some), device=causal.device).index_add(0, packed.row, losses))
        return torch.cat(summed).view(len(indices), 2)
