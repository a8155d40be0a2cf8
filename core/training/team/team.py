"""What the processes of a team tell each other: gradients to be added up, and whether there is a next step.

All of them begin with the same adapter and take the same steps: a gradient is a sum over rows, whoever computes them. The
loss is that of one process with the same batch, but for the order in which numbers are added.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn

from core.errors import SetupError
from core.models.conversation import Encoded


@dataclass(frozen=True, slots=True)
class Team:
    """Process number `rank` of `size`; the first one keeps the run's folder, the others only compute."""

    rank: int = 0
    size: int = 1

    def share(self, rows: Sequence[Encoded]) -> Sequence[Encoded]:
        """Return the rows of a step that this process learns from: long and short ones dealt out in turn."""
        if self.size == 1:
            return rows
        return sorted(rows, key=lambda row: -len(row.tokens))[self.rank :: self.size]

    def add_up(self, weights: Iterable[nn.Parameter], figures: tuple[float, ...]) -> tuple[float, ...]:
        """Give each weight the sum of the gradients of all processes, and return the sums of their figures.

        Raises:
            SetupError: another process has ended.
        """
        if self.size == 1:
            return figures
        trained = list(weights)
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in trained]
        told = torch.cat([*(gradient.flatten() for gradient in gradients), gradients[0].new_tensor(figures)])
        self._exchange(told)
        *sums, figure_sums = torch.split(told, [*(each.numel() for each in trained), len(figures)])
        for weight, gradient in zip(trained, sums, strict=True):
            weight.grad = gradient.view_as(weight).clone()
        return tuple(figure_sums.tolist())

    def goes_on(self, is_next: bool = False) -> bool:
        """Tell the others whether there is a next step, as the first process; as another one, wait for its word.

        Raises:
            SetupError: another process has ended.
        """
        if self.size == 1:
            return is_next
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        told = torch.tensor([float(is_next and self.rank == 0)], device=device)
        self._exchange(told)
        return bool(told.item())

    def _exchange(self, told: Tensor) -> None:
        """Replace numbers by their sums over all processes."""
        with ended_told(self.size):
            distributed.all_reduce(told)


@contextmanager
def ended_told(size: int) -> Iterator[None]:
    """Turn what torch says when another process has ended into a `SetupError`."""
    try:
        yield
    except RuntimeError as error:
        raise SetupError(
            f"One of the {size} processes that train together has ended.",
            "See whether memory ran out; resume the job, or train with processes=1.",
        ) from error
