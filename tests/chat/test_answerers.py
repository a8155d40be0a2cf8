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


@pytest.mark.parametrize("present", ["adapter", "template.jinja"])
def test_run_that_lost_its_adapter_or_template_is_named(tmp_path: Path, present: str) -> None:
    (tmp_path / present).write_text("", encoding="utf-8")
    missing = {"adapter": "template.jinja", "template.jinja": "adapter"}[present]
    with pytest.raises(SetupError, match=f"The run's {missing} is gone"):
        open_run(_gguf(), "gguf", folder=tmp_path)


def test_importing_the_room_loads_no_model_library() -> None:
    code = "import sys, core.chat; print([name for name in ('torch', 'llama_cpp', 'transformers') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
