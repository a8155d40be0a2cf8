"""What is refused with weights that are divided, and how often each process goes through the model."""

from types import SimpleNamespace

import pytest
from torch import nn

from core.errors import InputError
from core.settings import TrainingSettings
from core.training.memory import held_weight_bytes
from core.training.team import Team
from core.training.team.dividing import layers_of


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"processes": 1}, "processes of 2 or more"),
        ({"precision": "4bit"}, "precision fp32 or bf16"),
        ({"precision": "8bit"}, "precision fp32 or bf16"),
        ({"method": "full"}, "not method full"),
        ({"objective": "dpo"}, "objective dpo"),
    ],
)
def test_what_cannot_be_divided_is_refused_in_a_sentence(changes, told):
    with pytest.raises(InputError, match=told):
        TrainingSettings.from_values({"processes": 2, "weights": "divided", **changes})


def test_a_process_with_fewer_packs_goes_along_as_often_as_the_one_with_most(monkeypatch):
    team = Team(rank=0, size=3, is_divided=True)
    monkeypatch.setattr("core.training.team.team.distributed", SimpleNamespace(get_backend=lambda: "gloo"))
    monkeypatch.setattr(Team, "_exchange", lambda _team, told: told.add_(told.new_tensor([0, 3, 2])))
    assert list(team.passes([[0, 1]])) == [[0, 1], None, None]
    assert list(Team(rank=0, size=3).passes([[0, 1]])) == [[0, 1]]


def test_an_error_of_our_own_is_not_taken_for_the_end_of_another_process():
    with pytest.raises(RuntimeError, match="a shape is wrong"), Team(size=2, is_divided=True).together():
        raise RuntimeError("a shape is wrong")


def test_the_layers_of_a_decoder_are_its_longest_list():
    decoder = nn.Module()
    decoder.few, decoder.many, decoder.norm = (
        nn.ModuleList([nn.Identity()]),
        nn.ModuleList([nn.Identity()] * 3),
        nn.Identity(),
    )
    assert len(layers_of(decoder)) == 3
    assert layers_of(nn.Linear(2, 2)) == []


def test_undivided_weights_are_held_whole():
    assert held_weight_bytes(nn.Linear(4, 2, bias=False)) == 32
