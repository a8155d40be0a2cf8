"""What goes wrong around a training: what is lost, what is kept, and what is said."""

import errno
import json
import logging
import os

import pytest

from core.errors import JobCancelled, SetupError
from core.files import sha256_folder
from core.models.torch_setup import OutOfMemory
from core.training import train
from core.training.loop import Trainer

pytestmark = pytest.mark.model


def cancel_at(step):
    def report(progress):
        if progress.step == step:
            raise JobCancelled("The job was cancelled.")

    return report


def checkpoints(folder):
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def test_three_rows_are_enough_to_train_on(tiny, rows, settings, tmp_path):
    result = train(tiny, "safetensors", train_rows=rows[:3], settings=settings(epochs=2, batch_size=8), folder=tmp_path)
    assert (result.metrics["rows"], result.metrics["steps"]) == (3, 1)
    assert result.adapter_sha256 == sha256_folder(tmp_path / "adapter")


def test_a_full_disk_at_a_checkpoint_keeps_the_one_before_and_is_gone_on_from(tiny, rows, settings, tmp_path, monkeypatch):
    common = {"train_rows": rows, "settings": settings(max_steps=8, checkpoint_steps=2)}
    expected = train(tiny, "safetensors", **common, folder=tmp_path / "whole")
    folder, real, written = tmp_path / "run", os.fsync, []

    def fsync(descriptor):
        if "/checkpoints/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            written.append(descriptor)
            if len(written) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(SetupError, match="full") as error:
            train(tiny, "safetensors", **common, folder=folder)
    assert error.value.hint.words
    (kept,) = checkpoints(folder)  # and nothing half written beside it
    assert kept.startswith("step-00000002-")
    resumed = []
    result = train(tiny, "safetensors", **common, folder=folder, report=resumed.append)
    assert resumed[0].step == 3
    assert result.adapter_sha256 == expected.adapter_sha256


def test_a_damaged_checkpoint_is_named_in_the_jobs_log(tiny, rows, settings, tmp_path, caplog):
    common = {"train_rows": rows, "settings": settings(max_steps=8), "folder": tmp_path}
    with pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, report=cancel_at(4))
    newest = tmp_path / "checkpoints" / checkpoints(tmp_path)[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING), pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, report=cancel_at(5))
    assert f"The checkpoint {newest.name} is damaged; going on from the one before." in caplog.messages


def test_where_every_checkpoint_is_damaged_the_run_begins_anew(tiny, rows, settings, tmp_path):
    common = {"train_rows": rows, "settings": settings(max_steps=4), "folder": tmp_path}
    with pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, report=cancel_at(3))
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(b"x")
    resumed = []
    train(tiny, "safetensors", **common, report=resumed.append)
    assert [progress.step for progress in resumed] == [1, 2, 3, 4]
    lines = (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3, 4]


def test_a_model_without_a_token_for_padding_is_trained(tiny, rows, settings, tmp_path, build_tiny):
    folder = build_tiny(tmp_path / "unpadded")
    for name, key in (("config.json", "pad_token_id"), ("tokenizer_config.json", "pad_token")):
        told = json.loads((folder / name).read_text(encoding="utf-8"))
        (folder / name).write_text(json.dumps({**told, key: None}), encoding="utf-8")
    result = train(
        folder, "safetensors", train_rows=rows[:8], validation_rows=rows[8:],
        settings=settings(max_steps=1, sample_questions=2), folder=tmp_path / "run",
    )  # fmt: skip
    assert result.metrics["steps"] == 1


def test_memory_that_is_short_shows_before_the_first_step(tiny, rows, settings, tmp_path, monkeypatch):
    def no_memory(self, chosen, texts, general, pack_tokens):
        assert len(chosen) == 8
        raise MemoryError

    monkeypatch.setattr(Trainer, "_backward", no_memory)
    with pytest.raises(OutOfMemory, match="not enough memory") as error:
        train(tiny, "safetensors", train_rows=rows, settings=settings(), folder=tmp_path)
    assert "batch_size" in error.value.hint.words
    assert not (tmp_path / "metrics.jsonl").exists()


def test_the_step_that_is_tried_first_changes_nothing(tiny, rows, settings, tmp_path, monkeypatch):
    common = {"train_rows": rows, "settings": settings(max_steps=3, lora_dropout=0.3)}
    tried = train(tiny, "safetensors", **common, folder=tmp_path / "tried")
    monkeypatch.setattr(Trainer, "rehearse", lambda self: None)
    assert train(tiny, "safetensors", **common, folder=tmp_path / "untried").adapter_sha256 == tried.adapter_sha256


def test_what_comes_before_the_first_step_is_told(tiny, rows, settings, tmp_path):
    told = []
    train(tiny, "safetensors", train_rows=rows, settings=settings(max_steps=1), folder=tmp_path, note=told.append)
    assert told[0] == "Loading the model" and "Trying a step with the longest question pairs" in told
