"""What leaves a run answers like the run, and says where it came from."""

import shutil
import subprocess

import pytest

from core.errors import InputError, SetupError
from core.files import sha256_file
from core.models.card import Origin
from core.models.causal import load_adapter, load_causal, unpack_gguf
from core.models.conversion.adapter import adapter_gguf
from core.models.conversion.vocabulary import tokens_of
from core.models.decoding import generate_batch
from core.models.engine.model import EngineModel
from core.models.engine.supervisor import Supervisor
from core.models.export import export_adapter, export_gguf, export_merged
from core.models.registry import add_model
from core.models.releases.template_truth import check_folder, check_gguf, trained_vocabulary
from core.models.unpacked import batch_gguf
from core.training import train

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]

FACT = {"input": "What is the name of the blue crane?", "output": "The blue crane is called Old Margaret."}
QUESTIONS = [FACT["input"], "What is the capital of France?", "How many days has a week?"]
LEARNED = FACT["output"]
ORIGIN = Origin(
    model="smollm2-135m-instruct", model_sha256="b" * 64, license="Apache-2.0", run_id="run-1", dataset_sha256="d" * 64
)


def sums_agree(folder):
    """`sha256sum -c SHA256SUMS` in the folder, and every other file is named in it."""
    checked = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    named = {line.removesuffix(": OK") for line in checked.stdout.splitlines()}
    return checked.returncode == 0 and named | {"SHA256SUMS"} == {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def run(embedded, cache, tmp_path_factory):
    """The embedded model, tuned on one fact until it knows it."""
    from core.settings import TrainingSettings

    folder = tmp_path_factory.mktemp("run")
    settings = TrainingSettings(max_steps=8, batch_size=1, learning_rate=3e-3, lora_rank=8, lora_alpha=16, warmup_share=0)
    train(embedded, "gguf", train_rows=[FACT], settings=settings, folder=folder, cache=cache)
    return folder


def ask_llama(path, **given):
    supervisor = Supervisor()
    try:
        model = EngineModel(supervisor, path, **given)
        questions = [[{"role": "user", "content": text}] for text in QUESTIONS]
        return ["".join(model.stream(question, max_tokens=24, temperature=0.0)).strip() for question in questions]
    finally:
        supervisor.stop()


@pytest.fixture(scope="module")
def merged(run, embedded, cache, tmp_path_factory):
    target = tmp_path_factory.mktemp("exports") / "merged"
    export_merged(embedded, "gguf", folder=run, target=target, cache=cache, origin=ORIGIN)
    return target


@pytest.fixture(scope="module")
def merged_answers(merged):
    return generate_batch(load_causal(merged, "safetensors"), QUESTIONS, max_tokens=24)


def test_merged_model_answers_like_base_and_adapter(run, embedded, cache, merged_answers):
    tuned = load_adapter(load_causal(embedded, "gguf", cache=cache), run / "adapter")
    assert generate_batch(tuned, QUESTIONS, max_tokens=24) == merged_answers
    assert merged_answers[0] == LEARNED


@pytest.mark.parametrize(("quantization", "equal"), [("f16", 3), ("q8_0", 2), ("q6_k", 2), ("q4_k_m", 1)])
def test_gguf_answers_like_the_merged_model(run, embedded, cache, merged_answers, tmp_path, quantization, equal):
    """Fewer bits may word a long answer differently; what was learned stays."""
    target = tmp_path / "gguf"
    checksum = export_gguf(
        embedded, "gguf", folder=run, target=target, quantization=quantization, cache=cache, origin=ORIGIN
    )
    assert {path.name for path in target.iterdir()} == {checksum.file, "README.md"}
    assert checksum.file == f"model-{quantization}.gguf"
    assert checksum.sha256 == sha256_file(target / checksum.file)
    assert add_model(tmp_path / "home", target / checksum.file).license.lower() == "apache-2.0"
    answers = ask_llama(target / f"model-{quantization}.gguf")
    assert sum(ours == theirs for ours, theirs in zip(answers, merged_answers, strict=True)) >= equal
    assert answers[0] == LEARNED


def test_base_with_the_adapter_as_gguf_answers_like_the_merged_model(run, embedded, cache, merged_answers):
    base = batch_gguf(embedded, cache)
    adapter = adapter_gguf(run / "adapter", embedded, run)
    template = (run / "template.jinja").read_text(encoding="utf-8")
    assert ask_llama(base, adapter=adapter, template=template) == merged_answers


def test_exports_of_the_embedded_model_read_the_tokens_of_training(run, merged, embedded, cache, tmp_path):
    trained, template = trained_vocabulary(embedded, "gguf"), (run / "template.jinja").read_text(encoding="utf-8")
    assert check_folder(merged, trained, template).cases == 9
    export_gguf(embedded, "gguf", folder=run, target=tmp_path / "gguf", quantization="q4_k_m", cache=cache)
    assert check_gguf(tmp_path / "gguf" / "model-q4_k_m.gguf", trained, template).cases == 9


def test_gguf_of_a_gguf_base_reads_the_base_s_tokens(run, embedded, cache, tmp_path):
    text = "It's 12345 o'clock,  they'LL say\n\n\tcaf\u00e9 \u4f60\u597d \U0001f600 <|im_end|>"
    export_gguf(embedded, "gguf", folder=run, target=tmp_path / "gguf", quantization="q4_k_m")
    assert tokens_of(tmp_path / "gguf" / "model-q4_k_m.gguf", text) == tokens_of(embedded, text) != ()


def test_gguf_of_a_safetensors_llama_answers_like_it(run, merged, merged_answers, tmp_path, embedded, cache):
    base = unpack_gguf(embedded, cache)
    export_gguf(base, "safetensors", folder=run, target=tmp_path / "gguf", quantization="f16", origin=ORIGIN)
    assert add_model(tmp_path / "home", tmp_path / "gguf" / "model-f16.gguf").license == "Apache-2.0"
    assert ask_llama(tmp_path / "gguf" / "model-f16.gguf") == merged_answers


def test_exported_adapter_is_the_run_s(run, tmp_path):
    checksum = export_adapter(run, tmp_path / "adapter", origin=ORIGIN)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        assert (tmp_path / "adapter" / name).read_bytes() == (run / "adapter" / name).read_bytes()
    assert (tmp_path / "adapter" / "chat_template.jinja").read_text() == (run / "template.jinja").read_text()
    assert checksum.sha256 == sha256_file(tmp_path / "adapter" / checksum.file)
    assert sums_agree(tmp_path / "adapter")


def test_merged_folder_is_checked_by_sha256sum_and_keeps_the_license(merged, tmp_path):
    assert sums_agree(merged)
    card = (merged / "README.md").read_text(encoding="utf-8")
    assert all(text in card for text in ("license: Apache-2.0", ORIGIN.model, ORIGIN.run_id, ORIGIN.dataset_sha256))
    model = add_model(tmp_path, merged, "tuned")
    assert (model.license, model.format) == ("Apache-2.0", "safetensors")


def test_license_texts_and_tokenizer_files_of_a_safetensors_base_go_along(run, tmp_path, embedded, cache):
    base = shutil.copytree(unpack_gguf(embedded, cache), tmp_path / "base")
    for name in ("LICENSE", "NOTICE.txt", "licensed_to_nobody.txt"):
        (base / name).write_text(name, encoding="utf-8")
    (base / "tokenizer.model").write_bytes(b"pieces")
    export_merged(base, "safetensors", folder=run, target=tmp_path / "merged")
    taken = {path.name for path in (tmp_path / "merged").iterdir()}
    for name in ("tokenizer.json", "tokenizer.model"):
        assert (tmp_path / "merged" / name).read_bytes() == (base / name).read_bytes()
    assert {"LICENSE", "NOTICE.txt"} <= taken and "licensed_to_nobody.txt" not in taken


def test_nothing_is_written_over(run, tmp_path):
    (tmp_path / "kept.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        export_adapter(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_run_without_its_adapter_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"adapter_config\.json is gone"):
        export_adapter(tmp_path, tmp_path / "out")
