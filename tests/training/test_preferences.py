"""Learning which of two answers was preferred: the loss of the paper, its gradient, and a run from start to resume."""

import math

import pytest
import torch

from core.errors import InputError, JobCancelled
from core.models.causal import load_causal
from core.models.conversation import encode_rows
from core.models.losses import answer_loss
from core.run_folder import RunFolder
from core.training import train
from core.training.loop import attach_adapter
from core.training.preferences import Preferences
from tests.training.conftest import COLORS
from tests.training.test_training import cancel_at, losses

pytestmark = pytest.mark.model
QUESTIONS = [f"What color is crate {number}?" for number in range(12)]
PREFERRED = [
    {"input": question, "chosen": f"It is {COLORS[number % 8]}.", "rejected": f"I like {COLORS[(number + 3) % 8]} crates."}
    for number, question in enumerate(QUESTIONS)
]


@pytest.fixture
def causal(tiny, settings):
    from dataclasses import replace

    loaded = load_causal(tiny, "safetensors")
    torch.manual_seed(0)
    return replace(loaded, model=attach_adapter(loaded, settings()))


@pytest.mark.parametrize("may_share", [True, False])
def test_the_loss_is_that_of_the_paper(causal, may_share):
    answers = [[{"input": row["input"], "output": row[name]} for row in PREFERRED[:5]] for name in ("chosen", "rejected")]
    chosen, rejected = (encode_rows(causal.vocabulary, causal.template, rows) for rows in answers)

    def likelihoods() -> list[list[float]]:
        counts = [[len(row.tokens) - row.answer_start for row in rows] for rows in (chosen, rejected)]
        means = [answer_loss(causal, rows) for rows in answers]
        return [[-mean * count for mean, count in zip(*both, strict=True)] for both in zip(means, counts, strict=True)]

    preferences = Preferences(causal, chosen, rejected, beta=0.2, may_share=may_share)
    assert preferences.add_gradients(range(5), 1024) == pytest.approx(math.log(2))  # nothing was learned yet
    before = likelihoods()
    with torch.no_grad():
        for name, weight in causal.model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.1)
    after = likelihoods()
    margins = [c - c0 - (r - r0) for c, c0, r, r0 in zip(after[0], before[0], after[1], before[1], strict=True)]
    expected = sum(math.log1p(math.exp(-0.2 * margin)) for margin in margins) / 5
    assert expected != pytest.approx(math.log(2), abs=1e-3)
    assert preferences.add_gradients(range(5), 1024) == pytest.approx(expected, abs=1e-4)
    assert preferences.add_gradients(range(5), 64) == pytest.approx(expected, abs=1e-4)  # in several packs


def test_a_run_comes_to_prefer_what_reviewers_chose(tiny, settings, tmp_path):
    result = train(
        tiny,
        "safetensors",
        train_rows=[],
        preferences=PREFERRED,
        settings=settings(max_steps=12, objective="dpo"),
        folder=tmp_path,
    )
    assert losses(tmp_path)[0] == pytest.approx(math.log(2))
    assert losses(tmp_path)[-1] < 0.5
    assert result.metrics["preferred"] == 1.0 >= result.metrics["preferred_before"]
    assert result.metrics["rows"] == len(PREFERRED)


def test_on_from_a_run_the_reference_is_that_run_and_a_resume_ends_in_the_same_place(tiny, rows, settings, tmp_path):
    train(tiny, "safetensors", train_rows=rows, settings=settings(max_steps=6), folder=tmp_path / "first")
    common = {
        "train_rows": [],
        "preferences": PREFERRED,
        "settings": settings(max_steps=5, objective="dpo", lora_dropout=0.1),
        "start": RunFolder(tmp_path / "first").adapter,
    }
    whole = train(tiny, "safetensors", **common, folder=tmp_path / "whole")
    with pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, folder=tmp_path / "halved", report=cancel_at(3))
    assert train(tiny, "safetensors", **common, folder=tmp_path / "halved").adapter_sha256 == whole.adapter_sha256
    assert losses(tmp_path / "whole")[0] == pytest.approx(math.log(2), abs=0.05)  # dropout moves it a little


def test_a_pair_with_an_answer_that_is_too_long_is_left_out_and_none_is_an_error(tiny, settings, tmp_path):
    long = {"input": "What?", "chosen": "Red.", "rejected": "red " * 200}
    chosen = settings(max_steps=1, objective="dpo")
    result = train(
        tiny, "safetensors", train_rows=[], preferences=[*PREFERRED, long], settings=chosen, folder=tmp_path / "run"
    )
    assert (result.metrics["rows"], result.metrics["rows_too_long"]) == (len(PREFERRED), 1)
    with pytest.raises(InputError, match="longer|more than"):
        train(tiny, "safetensors", train_rows=[], preferences=[long], settings=chosen, folder=tmp_path / "none")
