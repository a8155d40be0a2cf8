"""The speed of each precision is measured, kept for the machine it was measured on, and decides what a goal takes."""

import json
from dataclasses import replace

import pytest
import torch

from core.training.goals import derive
from core.training.loop import Trainer
from core.training.speeds import gain_of_bf16, kept_speeds, measure_speeds, measured_once
from tests.training.test_goals import HERE


def test_what_was_measured_is_kept_and_not_measured_again(tmp_path, monkeypatch):
    path = tmp_path / "speeds.json"
    monkeypatch.setattr("core.training.speeds.measure_speeds", lambda: {"fp32": 100.0, "bf16": 400.0})
    assert measured_once(path) == {"fp32": 100.0, "bf16": 400.0}
    monkeypatch.setattr("core.training.speeds.measure_speeds", lambda: pytest.fail("measured again"))
    assert measured_once(path) == kept_speeds(path) == {"fp32": 100.0, "bf16": 400.0}


@pytest.mark.parametrize("content", ["", "[]", '{"machine": "another one", "speeds": {"fp32": 1.0, "bf16": 9.0}}'])
def test_what_another_machine_measured_is_not_believed(tmp_path, content):
    (tmp_path / "speeds.json").write_text(content)
    assert kept_speeds(tmp_path / "speeds.json") == {}


@pytest.mark.parametrize(
    ("speeds", "precision"),
    [({"fp32": 100.0, "bf16": 500.0}, "bf16"), ({"fp32": 100.0, "bf16": 110.0}, "fp32"), ({}, "fp32")],
)
def test_faster_numbers_are_taken_only_where_they_were_measured_to_be_faster(speeds, precision):
    derived = derive("facts", replace(HERE, speeds=speeds))
    assert derived.settings.precision == precision
    assert ("times as fast" in derived.reasons["precision"]) == (precision == "bf16")


@pytest.mark.model
def test_speeds_are_those_of_real_steps(monkeypatch):
    taken = []
    real = Trainer.take_step
    monkeypatch.setattr(Trainer, "take_step", lambda trainer: taken.append(trainer.causal.dtype) or real(trainer))
    speeds = measure_speeds(seconds=0.05)
    assert speeds["fp32"] > 1 and speeds["bf16"] > 1
    assert taken[2:4] == [torch.float32, torch.bfloat16]  # in turn, after the first of each
    assert gain_of_bf16(speeds) == speeds["bf16"] / speeds["fp32"]
    assert json.dumps(speeds)
