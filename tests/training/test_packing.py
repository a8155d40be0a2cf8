"""Rows that share a sequence are learned as if each stood alone."""

import pytest
import torch

from core.models.causal import load_causal
from core.models.conversation import Encoded, encode_rows
from core.models.losses import answer_loss
from core.models.packing import LEAST_PACK_TOKENS, can_share, fit, group, pack, token_losses

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model(tiny):
    return load_causal(tiny, "safetensors")


def encode(model, rows):
    return encode_rows(model.vocabulary, model.template, rows)


def test_loss_of_a_row_in_a_pack_is_its_loss_alone(model, rows):
    encoded = encode(model, rows[:5])
    together = pack(encoded)
    with torch.no_grad():
        losses = token_losses(model.model, together)
        for index, row in enumerate(encoded):
            alone = token_losses(model.model, pack([row]))
            torch.testing.assert_close(losses[together.row == index], alone, atol=1e-5, rtol=1e-5)


def test_losses_are_those_that_transformers_computes(model, rows):
    losses = answer_loss(model, rows[:3])
    for row, loss in zip(encode(model, rows[:3]), losses, strict=True):
        labels = [-100] * row.answer_start + list(row.tokens[row.answer_start :])
        with torch.no_grad():
            expected = model.model(input_ids=torch.tensor([row.tokens]), labels=torch.tensor([labels])).loss
        assert loss == pytest.approx(float(expected), abs=1e-5)


def test_common_beginning_is_computed_once():
    rows = [Encoded((7, 7, 7, number, 9, 5, 6), 5) for number in range(3)]
    packed = pack(rows)
    assert packed.input_ids.tolist() == [[7, 7, 7, 0, 9, 5, 6, 1, 9, 5, 6, 2, 9, 5, 6]]
    assert packed.position_ids.tolist() == [[0, 1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 3, 4, 5, 6]]
    assert packed.keep.tolist() == [4, 5, 8, 9, 12, 13]
    assert packed.targets.tolist() == [5, 6] * 3


def test_equal_prompts_share_all_but_the_last_token_before_the_answer():
    packed = pack([Encoded((1, 2, 3, 8), 3), Encoded((1, 2, 3, 9), 3)])
    assert packed.input_ids.tolist() == [[1, 2, 3, 8, 3, 9]]
    assert packed.keep.tolist() == [2, 4]


def test_packs_stay_within_their_limit():
    rows = [Encoded(tuple(range(400)), 10)] * 5
    assert [len(chosen) for chosen in group(rows, 1024)] == [2, 2, 1]
    assert [len(chosen) for chosen in group(rows, 8192)] == [5]
    assert [len(chosen) for chosen in group(rows, 100)] == [1] * 5
    assert [len(chosen) for chosen in group(rows, 8192, may_share=False)] == [1] * 5


def test_packs_are_halved_until_a_gpu_holds_them():
    tried = []

    def work(limit):
        tried.append(limit)
        if limit > 2048:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return "done"

    assert fit(work, 8192) == ("done", 2048)
    assert tried == [8192, 4096, 2048]
    tried.clear()
    with pytest.raises(torch.OutOfMemoryError):
        fit(lambda limit: work(limit * 100), 1024)
    assert tried == [102_400, LEAST_PACK_TOKENS * 100]


class Running(torch.nn.Module):
    """A model with a memory that no mask reaches, as state-space models have."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(400, 400)

    def forward(self, input_ids, attention_mask=None):
        return type("Output", (), {"logits": self.embedding(input_ids).cumsum(1) * 5})


def test_model_that_ignores_the_mask_is_found_out(model, rows):
    torch.manual_seed(0)
    encoded = encode(model, rows)
    assert can_share(model.model, encoded, dtype=torch.float32, device="cpu")
    assert not can_share(Running(), encoded, dtype=torch.float32, device="cpu")
