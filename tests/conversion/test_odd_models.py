"""Models that lack something: no end token, a tokenizer of SentencePiece alone; and libraries that say nothing."""

import json
import subprocess
import sys

import pytest

from core.errors import InputError
from core.models.causal import load_causal
from core.models.conversation import turn_of
from core.models.decoding import generate_batch
from core.models.registry import add_model
from core.settings import TrainingSettings
from core.training import train
from tests.conversion import families

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]

SETTINGS = TrainingSettings(max_steps=2, batch_size=4, lora_rank=4, max_tokens=120)


def forget(folder, *keys):
    """Take entries out of a model's configuration and tokenizer."""
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        told = json.loads((folder / name).read_text(encoding="utf-8"))
        (folder / name).write_text(json.dumps({key: told[key] for key in told if key not in keys}), encoding="utf-8")


def test_model_without_an_end_token_or_template_is_trained_and_stops_at_the_next_question(tmp_path):
    folder = families.llama(tmp_path / "base")
    forget(folder, "eos_token", "pad_token", "eos_token_id", "pad_token_id", "chat_template")
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    train(folder, "safetensors", train_rows=families.ROWS, settings=SETTINGS, folder=tmp_path / "run")
    causal = load_causal(folder, "safetensors")
    assert turn_of(causal.vocabulary, causal.template).stops
    assert len(generate_batch(causal, ["What color?", "And this one?"], max_tokens=4)) == 2


def test_tokenizer_of_sentencepiece_alone_is_read(tmp_path):
    folder = families.llama_2(tmp_path / "base")
    both = load_causal(folder, "safetensors").tokenizer
    (folder / "tokenizer.json").unlink()
    alone = load_causal(folder, "safetensors").tokenizer
    assert alone(families.TEXTS)["input_ids"] == both(families.TEXTS)["input_ids"]


def test_weights_in_few_bits_are_refused_when_a_model_of_an_earlier_version_is_opened(tmp_path):
    path = add_model(tmp_path / "home", families.llama(tmp_path / "base"), "base").path
    config = tmp_path / "home/models/base/config.json"
    told = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(told | {"quantization_config": {"quant_method": "bitsandbytes"}}), encoding="utf-8")
    with pytest.raises(InputError, match="stored in few bits"):
        load_causal(tmp_path / path, "safetensors")


@pytest.mark.parametrize("name", ["gpt2", "mixtral"])
def test_libraries_say_nothing_on_the_terminal(name, tmp_path):
    getattr(families, name)(tmp_path / "base")
    program = (
        "import sys; from pathlib import Path; from core.training import train; from core.settings import TrainingSettings\n"
        "train(Path(sys.argv[1]), 'safetensors', train_rows=[{'input': 'Where?', 'output': 'Here.'}],\n"
        "      settings=TrainingSettings(max_steps=1, batch_size=1, lora_rank=4), folder=Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "base"), str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
