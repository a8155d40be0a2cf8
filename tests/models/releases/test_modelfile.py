"""A Modelfile for Ollama: the template in Go's words where that writes the same, and none where it would not."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from core.models.conversation import mark_pattern
from core.models.releases.modelfile import LEFT_OUT, modelfile, simple_form
from core.models.templates import FALLBACK_TEMPLATE
from tests.conversion.families import CHATML, GEMMA, INST, PHI3, ZEPHYR

HI = [{"role": "user", "content": "Hi"}]
DEFAULT = "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}{% endif %}" + CHATML
NO_SYSTEM = GEMMA.replace(
    "{{ bos_token }}", "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}"
)


class Words:
    """A vocabulary that names its marks and reads nothing."""

    def __init__(self, *, opening: int | None = None) -> None:
        names = ("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<end_of_turn>", "<|end|>")
        self.marks = {mark: number for number, mark in enumerate(names)}
        self.pattern: re.Pattern[str] = mark_pattern(self.marks)
        self.bos_token, self.eos_token, self.opening = "<s>", "</s>", opening
        self.ends = frozenset({1})

    def encode(self, texts: Sequence[Any]) -> list[list[int]]:
        raise AssertionError("nothing is to be read")


@pytest.mark.parametrize("template", [CHATML, DEFAULT, ZEPHYR, GEMMA, PHI3, INST, NO_SYSTEM, FALLBACK_TEMPLATE])
def test_templates_of_a_simple_form_are_put_into_go(template: str) -> None:
    written = modelfile("model.gguf", Words(), template)
    assert written.startswith('FROM ./model.gguf\n\nTEMPLATE """{{ range ') and "PARAMETER stop" in written


def test_a_default_instruction_stands_only_where_none_is_given() -> None:
    form = simple_form(Words(), DEFAULT)
    assert form is not None
    assert "Be kind" in form.render(HI)
    assert "Be kind" not in form.render([{"role": "system", "content": "Be brief."}, *HI])


def test_the_mark_that_begins_a_text_is_left_to_ollama_where_the_engine_writes_it() -> None:
    without, with_mark = simple_form(Words(opening=0), GEMMA), simple_form(Words(), GEMMA)
    assert without and with_mark
    assert with_mark.render(HI) == "<s>" + without.render(HI)


OTHERS = {
    "counts turns": CHATML.replace("message['content']", "message['content'] + loop.index | string"),
    "shouts": CHATML.replace("message['content']", "message['content'] | upper"),
    "tells the time": "{{ strftime_now('%d') }}" + CHATML,
    "repeats a question": CHATML.replace("message['content']", "message['content'] + message['content']"),
    "speaks go": CHATML.replace("'<|im_start|>'", "'{' ~ '{'"),
    "ends it": CHATML.replace("<|im_start|>", '\\"\\"\\"'),
    "refuses everything": "{{ raise_exception('no') }}",
    "reads what is not there": "{{ messages[9].content }}",
}


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in ("refuses everything", "reads what is not there")])
def test_other_templates_are_left_out_and_that_is_said(name: str) -> None:
    assert LEFT_OUT in modelfile("model.gguf", Words(), OTHERS[name])


@pytest.mark.parametrize("name", ["refuses everything", "reads what is not there"])
def test_a_template_that_cannot_be_used_has_no_form(name: str) -> None:
    assert simple_form(Words(), OTHERS[name]) is None


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('touch /tmp/pwned') }}",
        "{% for each in range(10**9) %}x{% endfor %}",
        "{{ messages.append(1) }}",
    ],
)
def test_a_hostile_template_is_only_ever_rendered_in_the_sandbox(hostile: str) -> None:
    assert simple_form(Words(), hostile + CHATML) is None
