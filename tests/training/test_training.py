"""A run from its first step to its result, interrupted in every way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from core.errors import InputError, JobCancelled, ModelError
from core.files import sha256_folder
from core.models.causal import load_adapter, load_causal
from core.models.conversation import encode_texts
from core.models.losses import answer_loss, mean_losses
from core.run_folder import RunFolder
from core.training import train
from core.training.samples import read_samples

pytestmark = pytest.mark.model


def losses(folder: Path) -> list[float]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [row["loss"] for row in map(json.loads, lines) if "loss" in row]


def cancel_at(step: int):
    def report(progress):
        if progress.step == step:
            raise JobCancelled("The job was cancelled.")

    return report


@pytest.fixture(scope="module")
def options(tiny):
    return {"path": tiny, "format": "safetensors"}


def test_training_lowers_the_loss_and_leaves_an_adapter(options, rows, settings, tmp_path):
    seen = []
    result = train(
        **options,
        train_rows=rows[:16],
        validation_rows=rows[16:],
        settings=settings(max_steps=12),
        folder=tmp_path,
        report=seen.append,
    )
    assert losses(tmp_path)[-1] < losses(tmp_path)[0] * 0.95
    assert result.metrics["validation_loss"] < result.metrics["base_validation_loss"]
    assert result.adapter_sha256 == sha256_folder(tmp_path / "adapter")
    assert [progress.step for progress in seen] == list(range(1, 13))
    assert {path.name for path in (tmp_path / "adapter").iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    assert str(options["path"]) not in (tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8")
    assert not (tmp_path / "checkpoints").exists()
    assert not (tmp_path / "tokens").exists()


def test_metrics_begin_with_the_base_model_and_have_a_line_for_each_step(options, rows, settings, tmp_path):
    train(**options, train_rows=rows[:16], validation_rows=rows[16:], settings=settings(max_steps=4), folder=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0].keys() == {"step", "epoch", "validation_loss"}
    assert [line["step"] for line in lines] == [0, 1, 2, 3, 4]
    told = {"step", "epoch", "loss", "learning_rate", "tokens_per_s", "gradient_norm", "memory_bytes"}
    assert told <= lines[1].keys()
    assert "validation_loss" in lines[4]


def test_interrupted_run_ends_where_an_uninterrupted_one_does(options, rows, settings, tmp_path):
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    common = {
        **options,
        "train_rows": rows[:20],
        "validation_rows": rows[20:],
        "settings": settings(max_steps=9, lora_dropout=0.2, checkpoint_steps=4),
    }
    expected = train(**common, folder=whole)
    with pytest.raises(JobCancelled):
        train(**common, folder=halved, report=cancel_at(5))
    resumed = []
    result = train(**common, folder=halved, report=resumed.append)
    assert resumed[0].step == 6
    assert losses(halved) == losses(whole)
    assert result.adapter_sha256 == expected.adapter_sha256


def test_a_step_that_runs_out_of_gpu_memory_is_taken_again_in_smaller_packs(options, rows, settings, tmp_path, monkeypatch):
    from core.training import loop

    common = {**options, "train_rows": rows, "settings": settings(max_steps=3)}
    monkeypatch.setitem(loop.PACK_TOKENS, "cpu", 64)
    expected = train(**common, folder=tmp_path / "small")
    monkeypatch.setitem(loop.PACK_TOKENS, "cpu", 512)
    real, sizes = loop.token_losses, []

    def short_of_memory(model, packed, **options):
        sizes.append(packed.input_ids.shape[1])
        if sizes[-1] > 128 and len(sizes) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(model, packed, **options)

    monkeypatch.setattr(loop, "LEAST_PACK_TOKENS", 1)
    monkeypatch.setattr(loop, "token_losses", short_of_memory)
    result = train(**common, folder=tmp_path / "halved")
    assert max(sizes) > 128 >= sizes[-1]
    assert result.metrics["loss"] == pytest.approx(expected.metrics["loss"], rel=1e-3)


def test_damaged_checkpoint_is_passed_over_for_the_one_before(options, rows, settings, tmp_path):
    common = {**options, "train_rows": rows, "settings": settings(max_steps=8), "folder": tmp_path}
    with pytest.raises(JobCancelled):
        train(**common, report=cancel_at(6))
    newest = sorted((tmp_path / "checkpoints").glob("step-*"))[-1]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    resumed = []
    train(**common, report=resumed.append)
    assert resumed[0].step == 5


def test_killed_run_goes_on_from_its_last_checkpoint(options, rows, settings, tmp_path):
    program = (
        "import json, sys; from pathlib import Path; from core.training import train\n"
        "from core.settings import TrainingSettings\n"
        "told = json.loads(sys.argv[1])\n"
        "train(Path(told['path']), 'safetensors', train_rows=told['rows'],"
        " settings=TrainingSettings(**told['settings']), folder=Path(told['folder']))"
    )
    chosen = settings(max_steps=400, checkpoint_steps=1)
    told = {"path": str(options["path"]), "rows": rows, "settings": chosen.model_dump(), "folder": str(tmp_path)}
    arguments = [sys.executable, "-c", program, json.dumps(told)]
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(arguments, cwd=root, env=environment) as process:
        while process.poll() is None and len(list((tmp_path / "checkpoints").glob("step-*"))) < 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(JobCancelled):
        train(**options, train_rows=rows, settings=chosen, folder=tmp_path, report=cancel_at(12))
    resumed = []
    with pytest.raises(JobCancelled):
        train(
            **options,
            train_rows=rows,
            settings=chosen,
            folder=tmp_path,
            report=lambda p: (resumed.append(p), cancel_at(13)(p)),
        )
    assert resumed[0].step == 13


def test_finished_run_is_not_trained_again(options, rows, settings, tmp_path):
    common = {**options, "train_rows": rows, "settings": settings(max_steps=2), "folder": tmp_path}
    first = train(**common)
    second = train(**common, report=lambda progress: pytest.fail("a step was taken"))
    assert second == first


def test_other_rows_do_not_continue_an_interrupted_run(options, rows, settings, tmp_path):
    common = {**options, "settings": settings(max_steps=4), "folder": tmp_path}
    with pytest.raises(JobCancelled):
        train(**common, train_rows=rows, report=cancel_at(2))
    with pytest.raises(InputError, match="other rows or settings"):
        train(**common, train_rows=rows[:9])


def test_best_measured_adapter_is_chosen_over_a_worse_last_one(options, rows, settings, tmp_path):
    contrary = [{"input": row["input"], "output": "It is unknown."} for row in rows[:8]]
    chosen = settings(max_steps=40, learning_rate=2e-2, keep="best")
    result = train(**options, train_rows=rows, validation_rows=contrary, settings=chosen, folder=tmp_path)
    measured = {}
    for line in (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "validation_loss" in row and row["step"] > 0:
            measured[row["step"]] = row["validation_loss"]
    assert result.metrics["chosen_step"] == min(measured, key=lambda step: measured[step])
    assert result.metrics["chosen_step"] < 40
    last = train(
        **options,
        train_rows=rows,
        validation_rows=contrary,
        settings=settings(max_steps=40, learning_rate=2e-2),
        folder=tmp_path / "last",
    )
    assert last.metrics["chosen_step"] == 40
    assert last.adapter_sha256 != result.adapter_sha256


def test_rows_that_are_too_long_are_left_out_and_counted(options, rows, settings, tmp_path):
    long = [{"input": "What?", "output": "word " * 200}]
    result = train(**options, train_rows=rows[:8] + long, settings=settings(max_steps=1), folder=tmp_path)
    assert (result.metrics["rows"], result.metrics["rows_too_long"]) == (8, 1)
    with pytest.raises(InputError, match="All 1 rows have more than 96 tokens"):
        train(**options, train_rows=long, settings=settings(max_steps=1), folder=tmp_path / "long")


def test_no_rows_is_an_error_of_the_input(options, settings, tmp_path):
    with pytest.raises(InputError, match="no rows"):
        train(**options, train_rows=[], settings=settings(), folder=tmp_path)


def test_loss_that_is_no_number_ends_the_run(tiny, rows, settings, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny)
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    model.save_pretrained(tmp_path / "broken")
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path / "broken")
    with pytest.raises(ModelError, match="not a number any more at step 1"):
        train(tmp_path / "broken", "safetensors", train_rows=rows, settings=settings(), folder=tmp_path / "run")


def test_asked_to_stop_a_run_keeps_what_it_has_learned(options, rows, settings, tmp_path):
    def stop_at_3(progress):
        if progress.step == 3:
            RunFolder(tmp_path).stop_request.touch()

    common = {**options, "train_rows": rows[:16], "validation_rows": rows[16:], "settings": settings(max_steps=9)}
    result = train(**common, folder=tmp_path, report=stop_at_3)
    assert (result.metrics["steps"], result.metrics["is_stopped_early"]) == (3, True)
    assert result.metrics["validation_loss"] is not None
    assert (tmp_path / "adapter" / "adapter_model.safetensors").exists()


def test_a_few_questions_are_answered_at_each_measurement(options, rows, settings, tmp_path):
    common = {**options, "train_rows": rows[:16], "validation_rows": rows[16:]}
    train(**common, settings=settings(max_steps=4, sample_questions=3), folder=tmp_path)
    told = read_samples(RunFolder(tmp_path))
    assert [each["step"] for each in told] == sorted({0, *(each["step"] for each in told), 4})
    assert all(len(each["answers"]) == 3 for each in told)
    assert {answer["question"] for answer in told[0]["answers"]} <= {row["input"] for row in rows[16:]}


def test_a_run_that_comes_apart_stops_and_names_a_lower_rate(options, rows, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("core.training.learning.APART", -5.0)
    with pytest.raises(ModelError, match="came apart") as error:
        train(**options, train_rows=rows, settings=settings(max_steps=30, learning_rate=0.9), folder=tmp_path)
    assert "learning_rate of 0.3" in str(error.value.hint)


@pytest.mark.parametrize("method", ["rslora", "dora"])
def test_every_method_learns_and_its_adapter_answers_alike_when_loaded(options, rows, settings, tmp_path, method):
    result = train(**options, train_rows=rows, settings=settings(max_steps=12, method=method), folder=tmp_path)
    lines = losses(tmp_path)
    assert lines[-1] < lines[0]
    causal = load_adapter(load_causal(options["path"], options["format"]), tmp_path / "adapter")
    assert result.metrics["loss"] == pytest.approx(lines[-1])
    assert sum(answer_loss(causal, rows)) / len(rows) < lines[0]


@pytest.mark.parametrize(("layers", "trained"), [("mlp", "mlp"), ("attention", "self_attn")])
def test_only_the_chosen_layers_are_trained(options, rows, settings, tmp_path, layers, trained):
    train(**options, train_rows=rows, settings=settings(max_steps=1, layers=layers), folder=tmp_path)
    with safe_open(str(tmp_path / "adapter" / "adapter_model.safetensors"), framework="pt") as file:
        assert all(f".{trained}." in name for name in file.keys())  # noqa: SIM118


def test_passages_are_read_beside_the_pairs(options, rows, settings, tmp_path):
    text = "Crate 99 stands in the north hall. " * 40
    common = {**options, "train_rows": rows, "passages": [text]}
    train(**common, settings=settings(max_steps=60, passage_share=0.5), folder=tmp_path / "read")
    train(**common, settings=settings(max_steps=60), folder=tmp_path / "unread")
    causal = load_causal(options["path"], options["format"])
    pieces = encode_texts(causal.vocabulary, [text], longest=64)

    def loss_of(folder):
        return sum(mean_losses(load_adapter(load_causal(options["path"], options["format"]), folder / "adapter"), pieces))

    assert loss_of(tmp_path / "read") < 0.9 * loss_of(tmp_path / "unread")
