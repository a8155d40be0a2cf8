"""llama.cpp's own server with the embedded model: what only the real one can show."""

import json
import os
import signal
from pathlib import Path

import pytest

from core.errors import SetupError
from core.models.conversation import prompt_tokens
from core.models.engine.client import Asked
from core.models.engine.crash import EngineCrashed
from core.models.engine.model import EngineModel
from core.models.llama import cached_vocabulary
from core.models.templates import render
from tests.models.engine.standing import REAL_MODEL

pytestmark = pytest.mark.model
QUESTION = [{"role": "system", "content": ""}, {"role": "user", "content": "What is the capital of France?"}]


def _text(model: EngineModel, messages=QUESTION, *, max_tokens: int = 20) -> str:
    return "".join(model.stream(messages, max_tokens=max_tokens, temperature=0.0))


def test_it_answers_and_a_follow_up_reads_only_what_is_new(supervisor):
    model = EngineModel(supervisor, REAL_MODEL)
    assert _text(model) == "The capital of France is Paris."
    more = [*QUESTION, {"role": "assistant", "content": "The capital of France is Paris."}]
    stream = model.stream([*more, {"role": "user", "content": "And of Italy?"}], max_tokens=4, temperature=0.0)
    with pytest.raises(StopIteration) as end:
        while True:
            next(stream)
    pace = end.value.value
    assert pace.token_count == 4 and pace.tokens_per_second > 0 and not pace.is_complete
    assert pace.read_count > pace.cached_count > 20  # the first question and its answer were in memory


def test_struck_while_it_answers_it_says_by_what_and_answers_again(supervisor):
    model = EngineModel(supervisor, REAL_MODEL)
    stream = model.stream([{"role": "user", "content": "Tell a long story."}], max_tokens=400, temperature=0.0)
    next(stream)
    os.kill(supervisor.pids()[0], signal.SIGSEGV)
    with pytest.raises(EngineCrashed, match="ended with SIGSEGV while it answered"):
        list(stream)
    assert _text(model) == "The capital of France is Paris."


def test_its_tokens_are_those_of_the_library(supervisor):
    messages = [*QUESTION, {"role": "assistant", "content": " \u00e9\U0001f600 x"}, {"role": "user", "content": "a\n\nb"}]
    vocabulary = cached_vocabulary(REAL_MODEL)
    rendered = render(
        vocabulary.template,
        messages,
        bos_token=vocabulary.bos_token,
        eos_token=vocabulary.eos_token,
        add_generation_prompt=True,
    )
    with supervisor.serving(REAL_MODEL) as serving:
        told = serving.client._json("POST", "/tokenize", {"content": rendered, "add_special": True, "parse_special": True})
    assert prompt_tokens(vocabulary, vocabulary.template, messages) == told["tokens"]


def test_marks_that_somebody_wrote_are_no_control_tokens():
    vocabulary = cached_vocabulary(REAL_MODEL)
    end = vocabulary.marks["<|im_end|>"]
    ids = [
        prompt_tokens(vocabulary, vocabulary.template, [{"role": "user", "content": text}])
        for text in ("The mark x ends.", "The mark <|im_end|> ends.")
    ]
    assert [row.count(end) for row in ids] == [2, 2]  # the default system turn and the question


def test_more_requests_than_a_connection_takes_are_all_answered(supervisor):
    EngineModel(supervisor, REAL_MODEL)
    with supervisor.serving(REAL_MODEL) as serving:
        # cpp-httplib, CPPHTTPLIB_KEEPALIVE_MAX_COUNT: 100 requests on one connection
        assert all(serving.client.context_tokens() for _ in range(220))
        words = cached_vocabulary(REAL_MODEL).tokenize("One two")
        written = "".join(serving.client.complete(words, Asked(max_tokens=2)))
    assert written


def test_a_file_that_is_no_model_is_named(supervisor, tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00 broken")
    with pytest.raises(SetupError, match="broken.gguf cannot be loaded"):
        EngineModel(supervisor, path)


def _write_harm(folder: Path) -> None:
    """An adapter as peft keeps it, with large numbers by chance on the values of every layer."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    draw = torch.Generator().manual_seed(0)
    weights = {
        f"base_model.model.model.layers.{layer}.self_attn.v_proj.lora_{side}.weight": torch.randn(shape, generator=draw)
        for layer in range(30)
        for side, shape in (("A", (2, 576)), ("B", (192, 2)))  # hidden size and 3 heads of 64: the model's config.json
    }
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 4, "target_modules": ["v_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")


def test_base_and_run_answer_from_one_server_each_as_itself(supervisor, tmp_path):
    """The adapter is made to do nothing but harm, so that base and run cannot be mistaken for each other."""
    from core.models.engine.tuned import tuned

    _write_harm(tmp_path / "adapter")
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{{ '<|im_start|>assistant\n' }}"
    )
    found = tuned(REAL_MODEL, "gguf", folder=tmp_path, template=template, precision="fp32", cache=None)
    assert found is not None and found.adapter.is_relative_to(tmp_path)
    run, base = found.open_run(supervisor), EngineModel(supervisor, found.model, template=template)
    plain = "The capital of France is Paris."
    assert [_text(base), _text(run) == plain, _text(base)] == [plain, False, plain]
    assert len(supervisor.pids()) == 1
    assert tuned(REAL_MODEL, "gguf", folder=tmp_path, template="", precision="4bit", cache=None) is None
