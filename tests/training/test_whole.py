"""A run that trains all weights: it is a model by itself, in training, answers, evaluation and export."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from core.chat import Message, open_model, open_run
from core.errors import InputError, JobCancelled
from core.files import sha256_folder, write_atomic
from core.models.causal import CausalModel, load_causal
from core.models.conversion.model import convert_folder
from core.models.decoding import generate_batch
from core.models.engine.supervisor import Supervisor
from core.models.export import export_gguf, export_merged
from core.run_folder import RunFolder
from core.services.training.answering import Asked, Sides, Subject, by_llama, by_transformers
from core.services.training.leaks.asking import Asked as AskedBoth
from core.services.training.leaks.asking import row_losses
from core.settings import TrainingSettings
from core.training import train
from core.training.whole import unfrozen
from tests.training.conftest import CHATML, ROWS
from tests.training.test_sides import NO_TEXT
from tests.training.test_training import cancel_at, losses

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]
VALUES = {"method": "full", "batch_size": 8, "learning_rate": 3e-3, "max_tokens": 96, "sample_questions": 0}
VALUES |= {"checkpoint_steps": 2}
QUESTIONS = [row["input"] for row in ROWS[:6]]


def settings_of(**changes: object) -> TrainingSettings:
    return TrainingSettings.from_values({**VALUES, **changes})


@pytest.fixture(scope="module", params=["safetensors", "gguf"])
def run(request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A finished run on the tiny llama, as a folder or as a GGUF."""
    folder, base = tmp_path_factory.mktemp("run"), tiny
    if request.param == "gguf":
        base = tmp_path_factory.mktemp("base") / "tiny.gguf"
        convert_folder(tiny, base, "f32")
    train(base, request.param, train_rows=ROWS, settings=settings_of(max_steps=20), folder=folder)
    write_atomic(folder / "run.json", '{"settings": {"precision": "fp32"}}')
    return Subject(
        path=base, format=request.param, folder=folder, template=CHATML, precision="fp32",
        cache=folder / "cache",
    )  # fmt: skip


def asked_of(path: Path) -> list[str]:
    return [
        text.replace(NO_TEXT, "").strip()
        for text in generate_batch(load_causal(path, "safetensors"), QUESTIONS, max_tokens=16)
    ]


def test_all_weights_learn_and_the_run_keeps_a_complete_model(run):
    kept = RunFolder(run.folder)
    assert kept.is_whole and not kept.adapter.exists() and not kept.checkpoints.exists()
    assert losses(run.folder)[-1] < 0.8 * losses(run.folder)[0]
    base, learned = (
        load_causal(*place).model.state_dict() for place in ((run.path, run.format), (kept.weights, "safetensors"))
    )
    assert base.keys() == learned.keys()
    assert not [name for name in base if torch.equal(base[name], learned[name])]
    assert '"adapter_sha256": "' + sha256_folder(kept.weights) in kept.result.read_text(encoding="utf-8")


@pytest.mark.parametrize("run", ["gguf"], indirect=True)
def test_base_and_run_are_evaluated_alike_by_llama_and_by_transformers(run):
    asked = [Asked(row=row) for row in ROWS[:3]]
    ours, theirs = Sides(), Sides()
    steps: list[int] = []
    assert by_llama(run, asked, ours, steps.append)
    by_transformers(run, asked, theirs, lambda count: None)
    assert sum(steps) == 4 * len(asked)
    for side, other in zip(ours.both(), theirs.both(), strict=True):
        assert side.losses == pytest.approx(other.losses, abs=0.01)
        assert side.answers == [text.replace(NO_TEXT, "").strip() for text in other.answers]
    base, tuned = ours.both()
    assert sum(tuned.losses) < 0.9 * sum(base.losses) and base.answers != tuned.answers


def test_the_merged_export_answers_as_the_run(run, tmp_path):
    export_merged(run.path, run.format, folder=run.folder, target=tmp_path / "merged")
    assert asked_of(tmp_path / "merged") == asked_of(RunFolder(run.folder).weights)


@pytest.mark.parametrize("run", ["gguf"], indirect=True)
def test_engine_and_exported_gguf_answer_as_the_run(run, tmp_path, monkeypatch):
    expected = asked_of(RunFolder(run.folder).weights)
    checksum = export_gguf(run.path, run.format, folder=run.folder, target=tmp_path / "gguf", quantization="f16")
    supervisor = Supervisor()
    monkeypatch.setattr("core.models.engine.supervisor.shared", lambda: supervisor)
    try:
        chat = open_run(run.path, run.format, folder=run.folder, cache=tmp_path)
        for model in (chat, open_model(tmp_path / "gguf" / checksum.file, "gguf")):
            streams = [model.stream([Message("user", text)], max_tokens=16, temperature=0.0) for text in QUESTIONS]
            assert ["".join(stream).strip() for stream in streams] == expected
    finally:
        supervisor.stop()
    assert list(run.folder.glob("weights-*.gguf"))  # goes with the run


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tiny, rows, tmp_path, precision):
    common = {"train_rows": rows, "settings": settings_of(max_steps=5, precision=precision)}
    whole = train(tiny, "safetensors", **common, folder=tmp_path / "whole")
    with pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, folder=tmp_path / "halved", report=cancel_at(3))
    assert train(tiny, "safetensors", **common, folder=tmp_path / "halved").adapter_sha256 == whole.adapter_sha256
    assert losses(tmp_path / "halved") == losses(tmp_path / "whole")


def test_bf16_learns_as_fp32_does_because_weights_keep_their_digits(tiny, rows, tmp_path):
    for precision in ("fp32", "bf16"):
        settings = settings_of(max_steps=12, precision=precision, learning_rate=1e-4)
        train(tiny, "safetensors", train_rows=rows, settings=settings, folder=tmp_path / precision)
    assert losses(tmp_path / "bf16") != losses(tmp_path / "fp32")
    assert losses(tmp_path / "bf16") == pytest.approx(losses(tmp_path / "fp32"), abs=0.02)
    with safe_open(str(tmp_path / "bf16" / "weights" / "model.safetensors"), framework="pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float32}  # noqa: SIM118


def test_a_leak_test_asks_base_and_run_as_two_models(run):
    asked = AskedBoth(load_causal(RunFolder(run.folder).weights, "safetensors"), load_causal(run.path, run.format))
    with asked.side("run") as tuned, asked.side("base") as base:
        assert tuned is asked.causal and base is asked.base
        told, before = ([float(loss) for loss in row_losses(model, ROWS[:4])] for model in (tuned, base))
    assert sum(told) < sum(before)


def test_the_best_state_is_kept_if_asked_for(tiny, rows, tmp_path):
    contrary = [{"input": row["input"], "output": "It is unknown."} for row in rows[:8]]
    settings = settings_of(max_steps=16, keep="best", learning_rate=1e-2)
    result = train(tiny, "safetensors", train_rows=rows, validation_rows=contrary, settings=settings, folder=tmp_path)
    assert result.metrics["chosen_step"] < 16


@pytest.mark.parametrize(
    "changes", [{"precision": "4bit"}, {"precision": "fp16"}, {"general_share": 0.1}, {"start_run": "run-1"}]
)
def test_what_full_training_cannot_do_is_refused_before(changes):
    with pytest.raises(InputError, match="method full|need an adapter"):
        settings_of(**changes)


def test_routers_stay_as_they_are():
    from transformers import MixtralConfig, MixtralForCausalLM

    config = MixtralConfig(
        vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_local_experts=4,
    )  # fmt: skip
    model = MixtralForCausalLM(config)
    model.requires_grad_(False)

    causal = CausalModel(model=model, tokenizer=None, vocabulary=None, template="", precision="fp32", device="cpu")  # type: ignore[arg-type]
    unfrozen(causal, "fp32")
    frozen = {name for name, weight in model.named_parameters() if not weight.requires_grad}
    assert frozen and all("gate" in name for name in frozen)
