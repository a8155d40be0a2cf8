"""Pack several rows of tokens into one sequence without padding.

All rows of a run begin alike (the chat template's system message, the words of a question), so the rows of a pack share
one copy of that beginning, and each row attends only to it and to itself. Every row's loss is the same as when computed
alone; measured on the embedded model, a step of 8 short pairs takes a third of the time of padded rows. Only the logits
of answer tokens are computed.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from core.models.conversation import Encoded
from core.models.output_layer import may_be_plain, output_losses
from core.models.row_attention import Blocks, blocks_of, reading

# Tokens per pack: attention costs the square of this, and memory grows with it. With small packs a GPU waits for the CPU:
# SmolLM2-135M's shape in bf16 on an H100, rows of 400 tokens: 3,331 tokens/s with 1024, 9,742 with 4096, 19,421 with 8192.
PACK_TOKENS = {"cpu": 1024, "cuda": 8192}
LESS_WORK = (
    0.7  # of all pairs of tokens, from which on gathering them in blocks is slower (a row as long as the others together)
)
LEAST_PACK_TOKENS = 512  # the smallest size tried when memory is short

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """R rows as one sequence of T tokens with A answer tokens.

    `input_ids` and `position_ids` are (1, T); `attention_mask`, added to the attention scores, is (1, 1, T, T), or None
    for a single row, and `blocks` is the same where that is less work. `keep` (A) holds the predicting positions, `targets`
    (A) the tokens to predict, and `row` (A) the row that each belongs to.
    """

    input_ids: Tensor
    position_ids: Tensor
    attention_mask: Tensor | None
    blocks: Blocks | None
    keep: Tensor
    targets: Tensor
    row: Tensor


def group(rows: Sequence[Encoded], limit: int, *, may_share: bool = True) -> Iterator[list[int]]:
    """Yield positions of `rows` in groups of at most `limit` tokens; single rows if they may not share a sequence.

    A row longer than `limit` forms a group of its own.
    """
    chosen: list[int] = []
    count = 0
    for position, row in enumerate(rows):
        if chosen and (count + len(row.tokens) > limit or not may_share):
            yield chosen
            chosen, count = [], 0
        chosen.append(position)
        count += len(row.tokens)
    if chosen:
        yield chosen


def fit(work: Callable[[int], Result], limit: int, *, least: int = LEAST_PACK_TOKENS) -> tuple[Result, int]:
    """Return `work(limit)` and the limit, halving it and retrying while the GPU runs out of memory.

    Raises:
        torch.OutOfMemoryError: not even packs of `least` tokens fit.
    """
    while True:
        try:
            return work(limit), limit
        except torch.OutOfMemoryError:
            if limit <= least:
                raise
        limit //= 2
        torch.cuda.empty_cache()


def pack(rows: Sequence[Encoded], *, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Pack:
    """Concatenate `rows` after one copy of their common beginning.

    Args:
        rows: at least one.
        dtype: dtype of the model's attention scores.
        device: device of the tensors.
    """
    shared = _shared_length(rows)
    tokens = list(rows[0].tokens[:shared])
    positions = list(range(shared))
    owner = [-1] * shared
    keep: list[int] = []
    targets: list[int] = []
    rows_of_targets: list[int] = []
    for index, row in enumerate(rows):
        offset = len(tokens) - shared
        tokens += row.tokens[shared:]
        positions += range(shared, len(row.tokens))
        owner += [index] * (len(row.tokens) - shared)
        keep += range(offset + row.answer_start - 1, offset + len(row.tokens) - 1)
        targets += row.tokens[row.answer_start :]
        rows_of_targets += [index] * (len(row.tokens) - row.answer_start)
    return Pack(
        input_ids=torch.tensor([tokens], device=device),
        position_ids=torch.tensor([positions], device=device),
        attention_mask=_mask(owner, dtype).to(device) if len(rows) > 1 else None,
        blocks=_blocks(rows, shared, dtype) if device == "cpu" else None,
        keep=torch.tensor(keep, device=device),
        targets=torch.tensor(targets, device=device),
        row=torch.tensor(rows_of_targets, device=device),
    )


def token_losses(model: nn.Module, pack: Pack, *, is_plain: bool = False) -> Tensor:
    """Return the cross-entropy of every answer token, (A), in nats; `is_plain` is the result of `has_plain_output`."""
    if is_plain:
        inner = _inner(model)
        with reading(pack.blocks):
            states = inner.get_decoder()(**_inputs(inner, pack)).last_hidden_state[0, pack.keep]
        return output_losses(inner, states, pack.targets)
    return nn.functional.cross_entropy(answer_logits(model, pack).float(), pack.targets, reduction="none")


def answer_logits(model: nn.Module, pack: Pack) -> Tensor:
    """Return the logits where an answer token is predicted, (A, V) for a vocabulary of V tokens."""
    inner = _inner(model)
    inputs = _inputs(inner, pack)
    with reading(pack.blocks):
        if "logits_to_keep" in inspect.signature(inner.forward).parameters:
            logits: Tensor = model(**inputs, logits_to_keep=pack.keep).logits[0]
        else:
            logits = model(**inputs).logits[0, pack.keep]
    return logits


def _inner(model: nn.Module) -> Any:
    """Return the model without what peft puts around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]


def _inputs(inner: Any, pack: Pack) -> dict[str, Any]:
    """Return what a model is given for a pack, of what its `forward` takes."""
    inputs = {"input_ids": pack.input_ids, "position_ids": pack.position_ids, "use_cache": False}
    if pack.attention_mask is not None:
        inputs["attention_mask"] = pack.attention_mask
    known = inspect.signature(inner.forward).parameters
    return {name: value for name, value in inputs.items() if name in known}


@torch.no_grad()
def can_share(model: nn.Module, rows: Sequence[Encoded], *, dtype: torch.dtype, device: str) -> bool:
    """Return whether two rows of one pack get the same losses from this model as alone (not so in state-space models)."""
    pair = [rows[0], rows[-1]]
    try:
        together = pack(pair, dtype=dtype, device=device)
        if device == "cpu":  # in blocks, however little work that saves for two rows
            together = replace(together, blocks=blocks_of(_shared_length(pair), pair, dtype=dtype))
        losses = token_losses(model, together)
        alone = torch.cat([token_losses(model, pack([row], dtype=dtype, device=device)) for row in pair])
    except (TypeError, ValueError, RuntimeError, IndexError):
        return False
    return _is_same(losses, alone, dtype)


@torch.no_grad()
def has_plain_output(model: nn.Module, row: Encoded, *, dtype: torch.dtype, device: str) -> bool:
    """Return whether the output layer alone makes this model's losses of its last hidden states (not so in Gemma 2)."""
    if not may_be_plain(_inner(model)):
        return False
    packed = pack([row], dtype=dtype, device=device)
    try:
        plain = token_losses(model, packed, is_plain=True)
    except (TypeError, ValueError, RuntimeError, IndexError, AttributeError):
        return False
    return _is_same(plain, token_losses(model, packed), dtype)


def _is_same(losses: Tensor, others: Tensor, dtype: torch.dtype) -> bool:
    """Return whether two ways to compute losses differ by rounding alone."""
    tolerance = 0.02 if dtype == torch.float32 else 0.3  # nats per token; a wrong mask is off by whole nats
    return bool((losses - others).abs().mean() < tolerance)


def _blocks(rows: Sequence[Encoded], shared: int, dtype: torch.dtype) -> Blocks | None:
    """Return the blocks of a pack, if they are less work than all pairs of its tokens."""
    blocks = blocks_of(shared, rows, dtype=dtype) if len(rows) > 1 else None
    return blocks if blocks and blocks.mask.numel() < LESS_WORK * len(blocks.place) ** 2 else None


def _shared_length(rows: Sequence[Encoded]) -> int:
    """Return how many leading tokens all rows share, ending before the first token that predicts an answer."""
    if len(rows) == 1:
        return 0
    limit = min(row.answer_start - 1 for row in rows)
    first = rows[0].tokens
    return next((at for at in range(limit) if any(row.tokens[at] != first[at] for row in rows)), max(limit, 0))


def _mask(owner: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Build the (1, 1, T, T) mask: 0 for earlier tokens that are shared or of the same row, else the lowest number."""
    owners = torch.tensor(owner)
    may_look = (owners[:, None] == owners[None, :]) | (owners[None, :] == -1)
    may_look &= torch.tril(torch.ones(len(owner), len(owner), dtype=torch.bool))
    mask = torch.zeros(len(owner), len(owner), dtype=dtype)
    return mask.masked_fill_(~may_look, torch.finfo(dtype).min)[None, None]
