import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.chat import Message, answer, open_model, open_run
from core.errors import InputError, SetupError

EMBEDDED = Path(sys.prefix) / "share" / "garrison" / "models" / "smollm2-135m-instruct"


def _gguf() -> Path:
    return EMBEDDED / str(json.loads((EMBEDDED / "model.json").read_text(encoding="utf-8"))["file"])


@pytest.mark.model
@pytest.mark.usefixtures("warm_converters")
def test_embedded_model_answers_in_pieces() -> None:
    model = open_model(_gguf(), "gguf")
    pieces: list[str] = []
    try:
        result = answer(model, [Message("user", "What is gravity?")], max_tokens=16, on_piece=pieces.append)
    finally:
        model.close()
    assert "physics" in result.text  # also what transformers gives for these weights and this prompt
    assert len(pieces) > 3
    assert 3 < result.token_count <= 16
    assert result.tokens_per_second > 0


def test_a_model_that_finds_personal_data_cannot_be_talked_to() -> None:
    with pytest.raises(InputError, match="not a language model"):
        open_model(EMBEDDED.parent / "en-core-web-md", "spacy")


RUN_FILES = {
    "run.json": json.dumps({"settings": {"precision": "fp32"}}),
    "adapter": "",
    "template.jinja": "{{ messages[-1]['content'] }}",
}


@pytest.mark.parametrize("missing", RUN_FILES)
def test_run_that_lost_a_part_is_named(tmp_path: Path, missing: str) -> None:
    for name in set(RUN_FILES) - {missing}:
        (tmp_path / name).write_text(RUN_FILES[name], encoding="utf-8")
    with pytest.raises(SetupError, match=f"The run's {missing} is gone"):
        open_run(_gguf(), "gguf", folder=tmp_path)


def test_run_with_a_damaged_description_is_named(tmp_path: Path) -> None:
    for name, text in RUN_FILES.items():
        (tmp_path / name).write_text(text.removesuffix("}"), encoding="utf-8")
    with pytest.raises(SetupError, match=r"run\.json is damaged"):
        open_run(_gguf(), "gguf", folder=tmp_path)


def _save_adapter(folder: Path, cache: Path) -> None:
    """A run's folder as training leaves it: an adapter on the embedded model that has not learned anything yet."""
    from peft import LoraConfig, get_peft_model

    from core.models.causal import load_causal

    causal = load_causal(_gguf(), "gguf", cache=cache)
    config = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(causal.model, config).save_pretrained(str(folder / "adapter"), save_embedding_layers=False)
    (folder / "run.json").write_text(RUN_FILES["run.json"], encoding="utf-8")
    (folder / "template.jinja").write_text(
        "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
        "{{ '<|im_start|>assistant\n' }}",
        encoding="utf-8",
    )


@pytest.mark.model
@pytest.mark.usefixtures("warm_converters")
def test_run_answers_through_its_base_its_adapter_and_its_own_template(tmp_path: Path, unpacked: Path) -> None:
    _save_adapter(tmp_path, unpacked)
    model = open_run(_gguf(), "gguf", folder=tmp_path)
    pieces: list[str] = []
    result = answer(model, [Message("user", "What is the capital of France?")], max_tokens=16, on_piece=pieces.append)
    model.close()
    # What the base model gives with this template: an adapter fresh from peft changes nothing (Hu et al. 2021, section 4.1).
    assert result.text == "The capital of France is Paris."
    assert len(pieces) > 3
    assert result.token_count == 8  # with the one that ends the turn


def test_importing_the_room_loads_no_model_library() -> None:
    code = "import sys, core.chat; print([name for name in ('torch', 'llama_cpp', 'transformers') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
