"""What the processes of a team tell each other: gradients to be added up, and whether there is a next step.

All of them begin with the same adapter and take the same steps: a gradient is a sum over rows, whoever computes them. The
loss is that of one process with the same batch, but for the order in which numbers are added.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.distributed import DistError

from core.errors import SetupError
from core.models.conversation import Encoded


@dataclass(frozen=True, slots=True)
class Team:
    """Process number `rank` of `size`; the first one keeps the run's folder, the others only compute."""

    rank: int = 0
    size: int = 1
    is_divided: bool = False  # whether each process holds a part of the weights, so that all go through the model together

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
        told = torch.tensor([float(is_next and self.rank == 0)], device=_device())
        self._exchange(told)
        return bool(told.item())

    def passes(self, own: Sequence[Sequence[int]]) -> Iterator[Sequence[int] | None]:
        """Yield the packs of this process; where weights are divided, then None for each that another process has more.

        Raises:
            SetupError: another process has ended.
        """
        most = len(own)
        if self.is_divided:
            counts = torch.zeros(self.size, device=_device())
            counts[self.rank] = len(own)
            self._exchange(counts)
            most = int(counts.max().item())
        yield from own
        yield from [None] * (most - len(own))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Watch over a block in which the processes put layers together: one that has ended is told as such.

        Raises:
            SetupError: another process has ended.
        """
        try:
            yield
        except RuntimeError as error:
            if not (self.is_divided and (isinstance(error, DistError) or "gloo" in str(error).lower())):
                raise
            raise _ended(self.size) from error

    def _exchange(self, told: Tensor) -> None:
        """Replace numbers by their sums over all processes."""
        with ended_told(self.size):
            distributed.all_reduce(told)


def _device() -> str:
    return "cuda" if distributed.get_backend() == "nccl" else "cpu"


@contextmanager
def ended_told(size: int) -> Iterator[None]:
    """Turn what torch says when another process has ended into a `SetupError`."""
    try:
        yield
    except RuntimeError as error:
        raise _ended(size) from error


def _ended(size: int) -> SetupError:
    return SetupError(
        f"One of the {size} processes that train together has ended.",
        "See whether memory ran out; resume the job, or train with processes=1.",
    )
