"""Attention within a pack of rows, computed for each row alone instead of for all pairs of tokens of the pack.

A token looks at the beginning that the rows share and at earlier tokens of its own row: of eight rows that is a sixth of all
pairs. torch's attention computes every pair and then masks it. Here the tokens are gathered in blocks: a few tokens that
look (at most QUERIES of one row) and those that they look at.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.models.conversation import Encoded

QUERIES = 64  # of a block, at most; a longer row is cut
MORE = ("softcap", "s_aux", "position_bias", "cache")  # than plain attention, by transformers' names


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Which of T tokens look at which, in B blocks of Q tokens that look at K tokens; shorter ones are filled up.

    `looking` (B, Q) and `seen` (B, K) are positions of tokens, 0 where filled up; `is_filling` (B, Q) tells where. `mask`
    (B, 1, Q, K) is added to the scores. `place` (T) is where each token looks from, in the B * Q places.
    """

    looking: Tensor
    seen: Tensor
    is_filling: Tensor
    mask: Tensor
    place: Tensor


_blocks: ContextVar[Blocks | None] = ContextVar("blocks", default=None)


def blocks_of(shared: int, rows: Sequence[Encoded], *, dtype: torch.dtype) -> Blocks:
    """Return the blocks of a pack: the `shared` tokens that all rows begin with, then the rest of each row.

    Args:
        shared: how many tokens all rows share.
        rows: at least one.
        dtype: dtype of the attention scores.
    """
    lengths = [len(row.tokens) - shared for row in rows]
    wide = max(1, min(QUERIES, max(lengths)))
    pieces: list[tuple[range, int]] = []  # tokens that look, and where the row starts of which they see what is before them
    for start, end in _spans(shared, lengths):
        pieces += [(range(at, min(at + wide, end)), start) for at in range(start, end, wide)]
    before = [min(shared, start) for _, start in pieces]
    longest = max(first + tokens.stop - start for (tokens, start), first in zip(pieces, before, strict=True))
    looking, seen = torch.zeros(len(pieces), wide, dtype=torch.long), torch.zeros(len(pieces), longest, dtype=torch.long)
    is_filling = torch.ones(len(pieces), wide, dtype=torch.bool)
    mask = torch.full((len(pieces), 1, wide, longest), torch.finfo(dtype).min, dtype=dtype)
    place = torch.zeros(shared + sum(lengths), dtype=torch.long)
    for block, ((tokens, start), first) in enumerate(zip(pieces, before, strict=True)):
        count, own = len(tokens), tokens.stop - start
        looking[block, :count] = torch.arange(tokens.start, tokens.stop)
        is_filling[block, :count] = False
        seen[block, :first] = torch.arange(first)
        seen[block, first : first + own] = torch.arange(start, tokens.stop)
        mask[block, 0, :count, : first + own].triu_(first + own - count + 1)  # lowest for later tokens
        mask[block, 0, count:, 0] = 0  # what is filled up looks somewhere: no row of scores may be empty
        place[tokens.start : tokens.stop] = block * wide + torch.arange(count)
    return Blocks(looking=looking, seen=seen, is_filling=is_filling, mask=mask, place=place)


@contextmanager
def reading(blocks: Blocks | None) -> Iterator[None]:
    """Let models whose attention is torch's compute it in these blocks, within the block of code."""
    token = _blocks.set(blocks)
    try:
        yield
    finally:
        _blocks.reset(token)


def attend_by_rows() -> None:
    """Put `_attend` in the place of the attention that transformers calls "sdpa"; without blocks it stays the same."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def attend(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **named: Any) -> Any:
        return _attend(sdpa_attention_forward, module, query, key, value, mask, **named)

    ALL_ATTENTION_FUNCTIONS["sdpa"] = attend


def _attend(
    usual: Callable[..., Any], module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **named: Any
) -> Any:
    """Return the attention's output, (1, T, heads, D), and None; of more than plain attention the usual one."""
    blocks = _blocks.get()
    is_plain = not named.get("dropout") and all(named.get(name) is None for name in MORE)
    is_mixed = torch.is_autocast_enabled(query.device.type)  # torch then chooses a precision for each operation
    if blocks is None or not is_plain or is_mixed or query.shape[2] != len(blocks.place):
        return usual(module, query, key, value, mask, **named)
    scaling = named.get("scaling") or query.shape[-1] ** -0.5
    return _RowAttention.apply(query, key, value, scaling, blocks), None  # type: ignore[no-untyped-call]


class _RowAttention(torch.autograd.Function):
    """Attention of (1, heads, T, D) to keys and values of (1, groups, T, D), in blocks; heads are a multiple of groups.

    Within, tensors are (B * groups, heads / groups * Q, D) and (B * groups, K, D): the heads of a group are rows of one
    product, so that keys and values need not be repeated for them.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scaling: float, blocks: Blocks) -> Tensor:
        groups = key.shape[1]
        q = _looking(query, groups, blocks)
        k, v = _seen(key, blocks), _seen(value, blocks)
        scores = torch.bmm(q, k.transpose(1, 2)).mul_(scaling)
        by_block = scores.view(len(blocks.looking), -1, *blocks.mask.shape[2:])  # (B, heads, Q, K)
        by_block += blocks.mask
        shares = torch.softmax(scores, -1)
        ctx.save_for_backward(q, k, v, shares)
        ctx.scaling, ctx.blocks, ctx.shapes = scaling, blocks, (query.shape, key.shape, value.shape)
        return _by_token(torch.bmm(shares, v), groups, blocks).unsqueeze(0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        (gradient,) = gradients
        q, k, v, shares = ctx.saved_tensors
        blocks, groups = ctx.blocks, ctx.shapes[1][1]
        out = _looking(gradient.transpose(1, 2), groups, blocks, is_empty_zero=True)
        of_v = torch.bmm(shares.transpose(1, 2), out)
        of_shares = torch.bmm(out, v.transpose(1, 2))
        of_scores = torch._softmax_backward_data(of_shares, shares, -1, shares.dtype).mul_(ctx.scaling)
        of_q = _by_token(torch.bmm(of_scores, k), groups, blocks).transpose(0, 1).unsqueeze(0)
        of_k = torch.bmm(of_scores.transpose(1, 2), q)
        return of_q, _added(of_k, groups, blocks), _added(of_v, groups, blocks), None, None


def _looking(tensor: Tensor, groups: int, blocks: Blocks, *, is_empty_zero: bool = False) -> Tensor:
    """Return (1, heads, T, D) as (B * groups, heads / groups * Q, D)."""
    _, heads, count, wide = tensor.shape
    by_token = tensor.transpose(1, 2).reshape(count, heads * wide)
    chosen = by_token.index_select(0, blocks.looking.flatten())
    if is_empty_zero:
        chosen.masked_fill_(blocks.is_filling.view(-1, 1), 0)
    parted = chosen.view(len(blocks.looking), -1, groups, heads // groups, wide).permute(0, 2, 3, 1, 4)
    return parted.reshape(len(blocks.looking) * groups, -1, wide)


def _seen(tensor: Tensor, blocks: Blocks) -> Tensor:
    """Return (1, groups, T, D) as (B * groups, K, D)."""
    _, groups, count, wide = tensor.shape
    chosen = tensor.transpose(1, 2).reshape(count, groups * wide).index_select(0, blocks.seen.flatten())
    return chosen.view(*blocks.seen.shape, groups, wide).transpose(1, 2).reshape(-1, blocks.seen.shape[1], wide)


def _by_token(tensor: Tensor, groups: int, blocks: Blocks) -> Tensor:
    """Return (B * groups, heads / groups * Q, D) as (T, heads, D)."""
    count, queries = blocks.looking.shape
    wide = tensor.shape[-1]
    parted = tensor.view(count, groups, -1, queries, wide).permute(0, 3, 1, 2, 4)
    heads = groups * parted.shape[3]
    return parted.reshape(count * queries, heads * wide).index_select(0, blocks.place).view(-1, heads, wide)


def _added(tensor: Tensor, groups: int, blocks: Blocks) -> Tensor:
    """Return (B * groups, K, D) as (1, groups, T, D), the sum over all who see a token, made in fp32."""
    count, keys = blocks.seen.shape
    wide = tensor.shape[-1]
    by_place = tensor.view(count, groups, keys, wide).transpose(1, 2).reshape(count * keys, groups * wide)
    total = torch.zeros(len(blocks.place), groups * wide, device=tensor.device)
    total.index_add_(0, blocks.seen.flatten(), by_place.float())
    return total.to(tensor.dtype).view(1, -1, groups, wide).transpose(1, 2)


def _spans(shared: int, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the tokens of the shared beginning, then of each row, as start and end; none that are empty."""
    at = 0
    for length in (shared, *lengths):
        if length:
            yield at, at + length
        at += length
