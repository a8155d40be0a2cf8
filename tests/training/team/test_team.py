"""Processes that train together learn what one process learns."""

import os
import signal

import pytest

from core.errors import SetupError
from core.records import Model
from core.settings import TrainingSettings
from core.training import train
from core.training.fit import Amount, estimate
from core.training.team import Team
from tests.training.team.processes import losses, others

pytestmark = pytest.mark.model


@pytest.fixture
def options(tiny, rows):
    return {"path": tiny, "format": "safetensors", "train_rows": rows[:20], "validation_rows": rows[20:]}


def test_two_processes_have_the_losses_of_one(options, rows, settings, tmp_path):
    texts = [row["output"] for row in rows]
    common = {**options, "passages": texts}
    shared = {"max_steps": 6, "batch_size": 5, "passage_share": 0.2, "general_share": 0.2}
    alone = train(**common, settings=settings(**shared), folder=tmp_path / "one")
    together = train(**common, settings=settings(**shared, processes=2), folder=tmp_path / "two")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
    assert together.metrics["validation_loss"] == pytest.approx(alone.metrics["validation_loss"], rel=1e-4)
    assert not others()


def test_the_death_of_another_process_is_told_and_what_was_learned_is_kept(options, settings, tmp_path):
    def kill(progress):
        if progress.step == 2:
            os.kill(others()[0].pid, signal.SIGKILL)

    fewer_rows_than_processes = {"max_steps": 4, "batch_size": 1, "checkpoint_steps": 1}
    alone, together = settings(**fewer_rows_than_processes), settings(**fewer_rows_than_processes, processes=2)
    train(**options, settings=alone, folder=tmp_path / "one")
    with pytest.raises(SetupError, match="processes that train together has ended"):
        train(**options, settings=together, folder=tmp_path / "two", report=kill)
    assert not others()
    train(**options, settings=together, folder=tmp_path / "two")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)


def test_each_process_needs_memory_for_the_model_or_for_its_part(tmp_path):
    model = Model(name="m", path=str(tmp_path), format="safetensors", size_bytes=10**9, sha256="", source="")
    amount = Amount(pairs=100, facts=50, characters=10_000)
    needed = [
        estimate(
            model,
            TrainingSettings.from_values(values),
            amount=amount,
            tokens_per_s=0,
            free_memory_bytes=0,
            free_disk_bytes=0,
            gpus=3,
        ).memory_bytes
        for values in ({}, {"processes": 3}, {"processes": 3, "weights": "divided"})
    ]
    assert needed[1] > 2 * needed[0]
    assert needed[0] < needed[2] < 0.75 * needed[1]


def test_every_row_is_learned_by_one_process_of_a_team():
    from core.models.conversation import Encoded

    rows = [Encoded(tuple(range(length)), 0) for length in (5, 9, 2, 7, 7)]
    shares = [Team(rank=rank, size=3).share(rows) for rank in range(3)]
    assert sorted(len(row.tokens) for share in shares for row in share) == [2, 5, 7, 7, 9]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("changes", [{"method": "full", "learning_rate": 1e-3}, {"objective": "dpo"}])
def test_two_processes_train_all_weights_and_preferences_as_one_does(options, rows, settings, tmp_path, changes):
    preferences = [{"input": row["input"], "chosen": row["output"], "rejected": "It is unknown."} for row in rows[:9]]
    common, shared = {**options, "preferences": preferences}, {"max_steps": 3, "batch_size": 5, **changes}
    train(**common, settings=settings(**shared), folder=tmp_path / "one")
    train(**common, settings=settings(**shared, processes=2), folder=tmp_path / "two")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-3)
