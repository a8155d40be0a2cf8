"""A training that begins with the adapter of an earlier one."""

import json

import pytest

from core.errors import InputError, JobCancelled, SetupError
from core.run_folder import RunFolder
from core.training import train
from tests.training.test_training import cancel_at, losses

pytestmark = pytest.mark.model


@pytest.fixture(scope="module", params=["lora", "dora"])
def first(request, tiny, tmp_path_factory):
    """A finished run on the first half of the rows, as (folder, settings by name, result)."""
    from tests.training.conftest import ROWS

    changes = {"method": request.param, "batch_size": 8, "lora_rank": 4, "lora_alpha": 8, "learning_rate": 1e-2}
    changes |= {"max_steps": 12, "max_tokens": 96, "sample_questions": 0, "checkpoint_steps": 2}
    folder = tmp_path_factory.mktemp("first")
    from core.settings import TrainingSettings

    settings = TrainingSettings.from_values(changes)
    result = train(tiny, "safetensors", train_rows=ROWS[:12], validation_rows=ROWS[:12], settings=settings, folder=folder)
    return folder, settings, result


def test_the_first_measurement_is_the_last_of_the_run_it_goes_on_from(tiny, first, rows, tmp_path):
    folder, settings, result = first
    again = settings.model_copy(update={"max_steps": 1, "start_run": "run-1"})
    common = {"train_rows": rows, "validation_rows": rows[:12], "settings": again}
    start = RunFolder(folder).adapter
    gone_on = train(tiny, "safetensors", **common, folder=tmp_path / "on", start=start)
    assert gone_on.metrics["base_validation_loss"] == result.metrics["validation_loss"]
    fresh = train(tiny, "safetensors", **common, folder=tmp_path / "fresh")
    assert fresh.metrics["base_validation_loss"] == result.metrics["base_validation_loss"]


def test_an_interrupted_one_ends_where_an_uninterrupted_one_does(tiny, first, rows, tmp_path):
    folder, settings, _ = first
    again = settings.model_copy(update={"max_steps": 5, "start_run": "run-1", "lora_dropout": 0.1})
    common = {"train_rows": rows, "settings": again, "start": RunFolder(folder).adapter}
    whole = train(tiny, "safetensors", **common, folder=tmp_path / "whole")
    with pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, folder=tmp_path / "halved", report=cancel_at(3))
    assert train(tiny, "safetensors", **common, folder=tmp_path / "halved").adapter_sha256 == whole.adapter_sha256
    assert losses(tmp_path / "halved") == losses(tmp_path / "whole")


@pytest.mark.parametrize("changes", [{"lora_rank": 8}, {"layers": "mlp"}])
def test_an_adapter_of_another_size_or_of_other_layers_is_refused(tiny, first, rows, tmp_path, changes):
    folder, settings, _ = first
    again = settings.model_copy(update={"max_steps": 1, **changes})
    with pytest.raises(InputError, match="does not fit"):
        train(tiny, "safetensors", train_rows=rows, settings=again, folder=tmp_path, start=RunFolder(folder).adapter)


def test_a_damaged_adapter_is_named(tiny, first, rows, tmp_path):
    folder, settings, _ = first
    content = (RunFolder(folder).adapter / "adapter_model.safetensors").read_bytes()
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(SetupError, match="missing or damaged"):
        train(tiny, "safetensors", train_rows=rows, settings=settings, folder=tmp_path / "run", start=tmp_path / "adapter")
    assert json.loads((folder / "settings.json").read_text(encoding="utf-8"))["lora_rank"] == 4
