"""The real engine behind a service, with the embedded model: what the stand-in cannot show."""

import json
from pathlib import Path

import pytest

from core.deploy.engine import room_tokens
from tests.models.engine.standing import REAL_MODEL
from tests.service.conftest import Running, run_service

pytestmark = pytest.mark.model
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Running:  # type: ignore[misc]
    one = run_service(tmp_path_factory.mktemp("real"), model=REAL_MODEL)
    yield one
    one.client.close()
    one.stop()


def payloads(text: str) -> list[dict]:  # type: ignore[type-arg]
    told = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(each) for each in told]


def test_a_chat_names_the_model_and_not_its_file(service: Running) -> None:
    text = service.ask("What is the capital of France?", max_tokens=4).text
    assert json.loads(text)["model"] == "tiny" and "gguf" not in text and str(Path.home()) not in text


def test_usage_is_streamed_to_whoever_asks_for_it_and_counted_for_all(service: Running) -> None:
    before = service.used()
    without = payloads(service.ask(max_tokens=3, stream=True).text)
    told = payloads(service.ask(max_tokens=3, stream=True, stream_options={"include_usage": True}).text)
    assert not any("usage" in each for each in without)
    assert told[-1]["choices"] == [] and told[-1]["usage"]["completion_tokens"] == 3
    after = service.used()
    assert after.tokens_out - before.tokens_out == 6
    assert after.tokens_in - before.tokens_in == 2 * told[-1]["usage"]["prompt_tokens"]


def test_an_answer_has_the_form_that_a_schema_asks_for(service: Running) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": CITY}}
    told = service.ask("What is the capital of France?", max_tokens=48, temperature=0, response_format=form).json()
    assert set(json.loads(told["choices"][0]["message"]["content"])) == {"city"}


def test_responses_end_with_what_was_used(service: Running) -> None:
    body = {"model": "tiny", "input": "Hello", "max_output_tokens": 3}
    assert service.client.post("/v1/responses", json=body).json()["usage"]["output_tokens"] == 3
    before = service.used().tokens_out
    told = payloads(service.client.post("/v1/responses", json=body | {"stream": True}).text)
    assert told[-1]["type"] == "response.completed" and service.used().tokens_out - before == 3


def test_a_prompt_that_is_too_long_is_told_both_numbers(service: Running) -> None:
    told = service.ask("word " * 20_000).json()["error"]
    assert told["code"] == "context_length_exceeded" and " 200" in told["message"]


@pytest.mark.parametrize("pattern", ["^(((", "^a{100000000}$", "^" + "(" * 5000 + "a" + ")" * 5000 + "$"])
def test_a_form_that_makes_no_grammar_harms_nobody(pattern: str, service: Running) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string", "pattern": pattern}}}
    assert service.ask(max_tokens=2, response_format=form).status_code in (200, 400)
    assert service.ask(max_tokens=2).status_code == 200 and service.service.meters.engine_restarts == 0


@pytest.mark.parametrize(("free_bytes", "tokens"), [(1 << 40, 4 * 8192), (2 << 30, 23_296), (1 << 28, 2816)])
def test_every_slot_has_room_for_a_whole_conversation_if_memory_has(free_bytes: int, tokens: int) -> None:
    assert room_tokens(REAL_MODEL, 4, free_bytes=free_bytes) == tokens
