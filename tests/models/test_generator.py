"""The contract of `TextGenerator`: the GGUF model and the fake both keep it."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.errors import InputError
from core.models.text import Completion, Prompt

pytestmark = pytest.mark.model

MODEL = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"color": {"enum": ["red", "green"]}},
        "required": ["color"],
        "additionalProperties": False,
    }
)


class FakeGenerator:
    """Answers in reverse order, with the first value a schema allows."""

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        for index, prompt in reversed(list(enumerate(prompts))):
            if prompt.max_tokens > 4000:
                raise InputError("A prompt does not fit.")
            text = '{"color": "red"}' if prompt.schema else prompt.start + " words" * min(prompt.max_tokens, 3)
            yield Completion(index=index, text=text, token_count=min(prompt.max_tokens, 3), is_complete=False)


@pytest.fixture(scope="module", params=["fake", "llama.cpp"])
def generator(request):
    if request.param == "fake":
        yield FakeGenerator()
        return
    from core.models.batch import BatchGenerator

    with BatchGenerator(MODEL, sequences=3, context_tokens=1024) as real:
        yield real


def test_every_prompt_is_completed_once(generator):
    prompts = [Prompt(text=f"Number {number}:", max_tokens=3) for number in range(7)]
    assert sorted(completion.index for completion in generator.generate(prompts)) == list(range(7))


def test_no_prompts_give_no_completions(generator):
    assert list(generator.generate([])) == []


def test_completion_satisfies_its_schema(generator):
    prompts = [Prompt(text=f"The color of thing {number} as JSON: ", schema=SCHEMA, max_tokens=20) for number in range(4)]
    for completion in generator.generate(prompts, prefix="Colors.\n"):
        assert json.loads(completion.text)["color"] in ("red", "green")


def test_completion_begins_with_its_start(generator):
    (completion,) = generator.generate([Prompt(text="One, two,", start=" three, four,", max_tokens=3)])
    assert completion.text.startswith(" three, four,")


def test_no_more_tokens_are_written_than_allowed(generator):
    (completion,) = generator.generate([Prompt(text="Once upon a time", max_tokens=2)])
    assert completion.token_count <= 2


def test_prompt_that_cannot_fit_is_refused(generator):
    with pytest.raises(InputError):
        list(generator.generate([Prompt(text="word", max_tokens=5000)]))


def test_generator_can_be_used_again_after_an_abandoned_call(generator):
    prompts = [Prompt(text=f"Number {number}:", max_tokens=3) for number in range(7)]
    next(iter(generator.generate(prompts, prefix="One prefix.\n")))
    assert len(list(generator.generate(prompts, prefix="Another prefix.\n"))) == 7
