"""Attention in blocks of rows gives what attention to all pairs of tokens gives, and its gradients."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from core.models.causal import load_causal
from core.models.conversation import Encoded, encode_rows
from core.models.packing import can_share, pack, token_losses
from core.models.row_attention import QUERIES, attend_by_rows, blocks_of, reading

pytestmark = pytest.mark.model

HEADS, GROUPS, WIDE = 6, 2, 8


def rows_of(shared, lengths):
    """Rows that begin with the same `shared` tokens and go on with so many others each."""
    return [Encoded((7,) * shared + (number + 10,) * length, shared + 1) for number, length in enumerate(lengths)]


def attention(blocks, inputs, mask, **more):
    """What transformers' own name for torch's attention computes, in these blocks if there are any: (T, heads, D)."""
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    class Layer:
        num_key_value_groups = HEADS // GROUPS
        is_causal = True

    attend_by_rows()
    with reading(blocks):
        out, _ = ALL_ATTENTION_FUNCTIONS["sdpa"](Layer(), *inputs, mask, scaling=0.5, **more)
    return out[0]


@pytest.mark.parametrize(
    ("shared", "lengths"),
    [
        (5, [3, 4, 2]),
        (0, [3, 1]),  # rows with no common beginning
        (9, [1, 1, 1, 1]),  # rows that differ in one token: blocks of one, also of the beginning
        (2, [QUERIES + 1, 3]),  # a row one token longer than a block
        (QUERIES + 3, [2, QUERIES]),
    ],
)
def test_blocks_give_the_attention_and_the_gradients_of_all_pairs(shared, lengths):
    torch.manual_seed(0)
    packed = pack(rows_of(shared, lengths))
    count = packed.input_ids.shape[1]
    shapes = [(1, count, heads, WIDE) for heads in (HEADS, GROUPS, GROUPS)]
    inputs = [torch.randn(shape).transpose(1, 2).requires_grad_() for shape in shapes]
    weights = torch.randn(count, HEADS, WIDE)
    blocks = blocks_of(shared, rows_of(shared, lengths), dtype=torch.float32)
    found = []
    for chosen in (blocks, None):
        out = attention(chosen, inputs, packed.attention_mask)
        found.append((out, *torch.autograd.grad((out * weights).sum(), inputs)))
    by_torch = scaled_dot_product_attention(
        *(inputs[0], *(tensor.repeat_interleave(HEADS // GROUPS, 1) for tensor in inputs[1:])),
        attn_mask=packed.attention_mask,
        scale=0.5,
    )
    torch.testing.assert_close(found[0][0], by_torch[0].transpose(0, 1), atol=1e-5, rtol=1e-4)
    for ours, usual in zip(*found, strict=True):
        torch.testing.assert_close(ours, usual, atol=1e-5, rtol=1e-4)


def test_other_attention_than_the_plain_one_is_left_to_transformers():
    packed = pack(rows_of(3, [2, 2]))
    inputs = [torch.randn(1, heads, 7, WIDE) for heads in (HEADS, GROUPS, GROUPS)]
    blocks = blocks_of(3, rows_of(3, [2, 2]), dtype=torch.float32)
    shorter = [tensor[:, :, :4] for tensor in inputs]  # of a sequence that is not the pack
    mask = packed.attention_mask[:, :, :4, :4]
    torch.testing.assert_close(attention(blocks, shorter, mask), attention(None, shorter, mask))
    biased = {"position_bias": torch.randn(1, 1, 7, 7)}
    whole = packed.attention_mask
    assert not torch.allclose(attention(None, inputs, whole, **biased), attention(None, inputs, whole))
    torch.testing.assert_close(attention(blocks, inputs, whole, **biased), attention(None, inputs, whole, **biased))


def test_rows_are_read_in_blocks_only_where_that_is_less_work():
    assert pack(rows_of(4, [20] * 8)).blocks is not None
    assert pack(rows_of(4, [QUERIES * 8, 5])).blocks is None
    assert pack(rows_of(4, [20])).blocks is None


def test_a_model_has_the_same_losses_in_blocks_and_without(tiny, rows):
    from dataclasses import replace

    model = load_causal(tiny, "safetensors")
    packed = pack(encode_rows(model.vocabulary, model.template, rows[:8]))
    assert packed.blocks is not None
    with torch.no_grad():
        losses = [token_losses(model.model, chosen) for chosen in (packed, replace(packed, blocks=None))]
    torch.testing.assert_close(losses[0], losses[1], atol=1e-5, rtol=1e-5)


def test_blocks_that_a_model_reads_wrongly_are_found_out(tiny, rows, monkeypatch):
    model = load_causal(tiny, "safetensors")
    for weight in model.model.parameters():
        weight.data *= 3  # a random model says about the same of every token, whatever it looks at
    encoded = encode_rows(model.vocabulary, model.template, rows)

    def wrong(shared, chosen, *, dtype):
        blocks = blocks_of(shared, chosen, dtype=dtype)
        blocks.mask.zero_()  # each token looks at later ones as well
        return blocks

    assert can_share(model.model, encoded, dtype=torch.float32, device="cpu")
    monkeypatch.setattr("core.models.packing.blocks_of", wrong)
    assert not can_share(model.model, encoded, dtype=torch.float32, device="cpu")
