"""What a service answers, in the shapes that OpenAI documents: https://platform.openai.com/docs/api-reference."""

import base64
import json
import struct
from pathlib import Path

import httpx
import pytest

from tests.models.engine.standing import asked
from tests.service.conftest import Keys, Running, Start


def events(response: httpx.Response) -> list[str]:
    return [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]


@pytest.fixture
def service(start: Start) -> Running:
    return start()


def test_a_chat_is_answered_whole(service: Running) -> None:
    response = service.ask("What is the capital?", max_tokens=8)
    assert response.status_code == 200 and response.headers["content-type"] == "application/json"
    told = response.json()
    assert told["choices"][0]["message"] == {"role": "assistant", "content": "Paris is the capital."}
    assert told["usage"] == {"prompt_tokens": 20, "completion_tokens": 4}
    assert told["model"] == "tiny"  # and not the path of its file


def test_a_chat_is_streamed_with_its_usage(service: Running) -> None:
    response = service.ask("What?", stream=True, stream_options={"include_usage": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *told, end = events(response)
    assert end == "[DONE]"
    pieces = [json.loads(each)["choices"] for each in told]
    assert "".join(choices[0]["delta"]["content"] for choices in pieces if choices) == "Paris is the capital."
    assert json.loads(told[-1])["usage"]["completion_tokens"] == 4


def test_completions_and_responses_are_asked_of_the_engine_as_they_are(service: Running, asked_log: Path) -> None:
    told = service.client.post("/v1/completions", json={"model": "tiny", "prompt": "say Once upon", "max_tokens": 9}).json()
    assert told["choices"][0]["text"] == "Once upon"
    body = {"model": "tiny", "input": "say Good day", "max_output_tokens": 9}
    assert service.client.post("/v1/responses", json=body).status_code == 200
    assert [entry["max_tokens"] for entry in asked(asked_log)[1:]] == [9, None]


def test_the_longest_answer_is_the_limit_unless_less_is_asked(service: Running, asked_log: Path) -> None:
    service.ask()
    service.ask(max_tokens=7)
    service.ask(max_completion_tokens=5)
    assert [entry["max_tokens"] for entry in asked(asked_log)[1:]] == [4096, 7, 5]


def test_an_adapter_is_applied_whatever_is_asked(start: Start, tmp_path: Path) -> None:
    (tmp_path / "adapter.gguf").write_bytes(b"GGUF")
    service = start(adapter=tmp_path / "adapter.gguf")
    told = service.ask("say yes", lora=[{"id": 0, "scale": 0.0}]).json()
    assert told["choices"][0]["message"]["content"] == "adapter 0: yes"


def test_models_are_listed_and_shown_by_name(service: Running) -> None:
    told = service.client.get("/v1/models").json()
    assert [model["id"] for model in told["data"]] == ["tiny", "minilm"] and told["object"] == "list"
    assert service.client.get("/v1/models/tiny").json()["object"] == "model"
    assert service.client.get("/v1/models/other").status_code == 404


def test_embeddings_come_as_numbers_or_as_base64(service: Running) -> None:
    texts = ["a pump", "a broken pump"]
    told = service.client.post("/v1/embeddings", json={"model": "minilm", "input": texts}).json()
    assert [each["index"] for each in told["data"]] == [0, 1] and told["usage"]["prompt_tokens"] == 5
    assert told["data"][1]["embedding"] == [13 / 127] * 384
    body = {"model": "minilm", "input": "a pump", "encoding_format": "base64"}
    packed = service.client.post("/v1/embeddings", json=body).json()["data"][0]["embedding"]
    assert struct.unpack("<384f", base64.b64decode(packed)) == pytest.approx([6 / 127] * 384)


def test_health_tells_nothing_and_needs_no_key(start: Start) -> None:
    service = start(keys=Keys({"gk-1"}))
    assert service.client.get("/health").json() == {"status": "ok"}
    assert service.client.get("/metrics").status_code == 401


def test_metrics_count_requests_and_tokens_and_hold_no_words(service: Running) -> None:
    service.ask("a secret question", max_tokens=4)
    service.ask("another secret", max_tokens=4, stream=True)
    service.ask("more", temperature=9)
    told = service.client.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#"))
    assert lines['garrison_requests_total{endpoint="chat",state="answered"}'] == "2"
    assert lines['garrison_requests_total{endpoint="chat",state="refused"}'] == "1"
    assert (lines["garrison_tokens_in_total"], lines["garrison_tokens_out_total"]) == ("31", "8")
    assert (lines["garrison_requests_in_flight"], lines["garrison_engine_up"]) == ("0", "1")
    assert "secret" not in told


def test_what_was_used_is_booked_when_it_ends(service: Running) -> None:
    service.ask(max_tokens=2)
    service.ask(n=2)
    service.stop()
    assert [(use.requests, use.refused, use.tokens_out) for use in service.booked if use.requests] == [(2, 1, 2)]
