"""What a service refuses, and how: OpenAI's shape of an error with the right status, before the engine is asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.deploy.limits import Limits
from tests.models.engine.standing import asked
from tests.service.conftest import Keys, Running, Start

ASKED = {"model": "tiny", "messages": [{"role": "user", "content": "hello"}]}
PICTURE = {"type": "image_url", "image_url": {"url": "http://192.0.2.1/a.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}


def error(response: Any) -> tuple[int, str, str | None]:
    told = response.json()["error"]
    assert set(told) == {"message", "type", "param", "code"} and told["message"]
    return response.status_code, told["code"], told["param"]


@pytest.fixture
def service(start: Start) -> Running:
    return start()


def test_a_wrong_key_a_revoked_one_and_none_are_refused(start: Start) -> None:
    keys = Keys({"gk-1"})
    service = start(keys=keys)
    for headers in ({}, {"authorization": "Bearer gk-2"}, {"authorization": "Basic gk-1"}, {"authorization": "Bearer"}):
        response = service.client.post("/v1/chat/completions", json=ASKED, headers=headers)
        assert error(response) == (401, "invalid_api_key", None)
        assert (
            response.headers["www-authenticate"] == "Bearer" and response.json()["error"]["type"] == "authentication_error"
        )
    right = {"authorization": "Bearer gk-1"}
    assert service.client.post("/v1/chat/completions", json=ASKED, headers=right).status_code == 200
    keys.keys = {"gk-3"}
    assert error(service.client.get("/v1/models", headers=right))[0] == 401


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"model": "gpt-4"}, 404, "model_not_found", "model"),
        ({"model": "../tiny"}, 404, "model_not_found", "model"),
        ({"model": "minilm"}, 404, "model_not_found", "model"),
        ({"model": None}, 400, "missing_required_parameter", "model"),
        ({"model": ["tiny"]}, 400, "missing_required_parameter", "model"),
        ({"messages": None}, 400, "missing_required_parameter", "messages"),
        ({"messages": "hello"}, 400, "invalid_value", "messages"),
        ({"messages": []}, 400, "invalid_value", "messages"),
        ({"messages": ["hello"]}, 400, "invalid_value", "messages"),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, 400, "unsupported_content", "messages"),
        ({"messages": [{"role": "user", "content": [SOUND]}]}, 400, "unsupported_content", "messages"),
        ({"messages": [{"role": "user", "content": ["hello"]}]}, 400, "unsupported_content", "messages"),
        ({"messages": [{"role": "user", "content": 7}]}, 400, "unsupported_content", "messages"),
        ({"n": 2}, 400, "unsupported_parameter", "n"),
        ({"previous_response_id": "resp_1"}, 400, "unsupported_parameter", "previous_response_id"),
        ({"audio": {"voice": "x"}}, 400, "unsupported_parameter", "audio"),
        ({"max_tokens": 4097}, 400, "invalid_value", "max_tokens"),
        ({"max_tokens": -1}, 400, "invalid_value", "max_tokens"),
        ({"max_completion_tokens": "9"}, 400, "invalid_value", "max_completion_tokens"),
        ({"temperature": "hot"}, 400, "invalid_value", "temperature"),
        ({"temperature": 2.5}, 400, "invalid_value", "temperature"),
        ({"seed": True}, 400, "invalid_value", "seed"),
        ({"stream": "yes"}, 400, "invalid_value", "stream"),
        ({"stop": [""]}, 400, "invalid_value", "stop"),
        ({"stop": ["x"] * 17}, 400, "invalid_value", "stop"),
        ({"logit_bias": {"1": 1000}}, 400, "invalid_value", "logit_bias"),
        ({"tools": "look_up"}, 400, "invalid_value", "tools"),
    ],
)
def test_a_faulty_request_is_told_its_field(
    changes: dict[str, Any], status: int, code: str, param: str, service: Running, asked_log: Path
) -> None:
    assert error(service.client.post("/v1/chat/completions", json=ASKED | changes)) == (status, code, param)
    assert len(asked(asked_log)) == 1  # that it was started


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": [f"word {number}" for number in range(1000)]},
        {"anyOf": [{"anyOf": [{"type": "string"}] * 40}] * 40},
        {"properties": {f"field {number}": {"type": "string"} for number in range(600)}},
    ],
)
def test_a_form_that_would_keep_the_engine_busy_is_refused(
    schema: dict[str, Any], service: Running, asked_log: Path
) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    tool = {"type": "function", "function": {"name": "look_up", "parameters": schema}}
    for changes in ({"response_format": form}, {"tools": [tool]}):
        assert error(service.client.post("/v1/chat/completions", json=ASKED | changes))[1] == "schema_too_large"
    body = {"model": "tiny", "input": "hello", "text": {"format": form}}
    assert error(service.client.post("/v1/responses", json=body))[1] == "schema_too_large"
    assert len(asked(asked_log)) == 1


def test_what_is_left_out_never_reaches_the_engine(service: Running, asked_log: Path) -> None:
    for field in ({"lora": [{"id": 0, "scale": 9.0}]}, {"stop": None}, {"id_slot": 0}, {"grammar": "root ::= x"}, {"n": 1}):
        assert service.client.post("/v1/chat/completions", json=ASKED | field).status_code == 200
    assert all(entry["lora"] is None for entry in asked(asked_log)[1:])


def test_a_prompt_that_is_too_long_is_told_both_numbers(service: Running) -> None:
    for is_stream in (False, True):
        response = service.ask("x" * 2049, stream=is_stream)
        assert error(response) == (400, "context_length_exceeded", "messages")
        assert "2049" in response.json()["error"]["message"] and "2048" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"hello", b"\xff\xfe{}", b"[]", b'"model"', b"null", b'{"model": NaN}', b'{"model": 1e999}',
        b'{"model": "\\ud800"}', b'{"a": ' * 65 + b"1" + b"}" * 65, b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(content: bytes, service: Running) -> None:
    headers = {"content-type": "application/json"}
    assert error(service.client.post("/v1/chat/completions", content=content, headers=headers)) == (
        400,
        "invalid_json",
        None,
    )
    assert service.ask(max_tokens=1).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": ""},
    ],
)
def test_another_kind_of_body_is_refused(headers: dict[str, str], service: Running) -> None:
    response = service.client.post("/v1/chat/completions", content=json.dumps(ASKED), headers=headers)
    assert error(response) == (415, "unsupported_media_type", None)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.site"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8811"},
        {"host": "evil.site"},
        {"host": "evil.site:8600"},
        {"host": "127.0.0.1.evil.site"},
    ],
)
def test_without_keys_no_web_page_gets_in(headers: dict[str, str], service: Running) -> None:
    assert error(service.client.post("/v1/chat/completions", json=ASKED, headers=headers)) == (403, "web_page", None)
    assert service.client.get("/v1/models", headers=headers).status_code == 403


def test_no_page_of_another_site_is_told_that_it_may_read(service: Running) -> None:
    preflight = {"origin": "http://evil.site", "access-control-request-method": "POST"}
    response = service.client.options("/v1/chat/completions", headers=preflight)
    assert response.status_code == 405 and not any("access-control" in name for name in response.headers)


def test_a_body_over_the_limit_is_refused_and_its_sender_reads_so(start: Start) -> None:
    service = start(Limits(body_bytes=1000))
    for size in (1001, 100_000, 5_000_000):
        assert error(service.ask("x" * size)) == (413, "request_too_large", None)
    assert service.ask(max_tokens=1).status_code == 200


def test_one_request_too_many_within_a_minute_is_told_when_to_come_back(start: Start) -> None:
    service = start(Limits(requests_a_minute=3))
    assert [service.ask(max_tokens=1).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert 1 <= int(service.ask().headers["retry-after"]) <= 60
    assert service.client.get("/v1/models").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"input": ""}, {"input": []}, {"input": [1, 2]}, {"input": [["a"]]}, {"input": ["a"] * 257}, {"input": {"a": 1}},
        {"input": "a", "dimensions": 12}, {"input": "a", "encoding_format": "xml"}, {"input": "word " * 129},
    ],
)  # fmt: skip
def test_what_cannot_be_embedded_is_refused(body: dict[str, Any], service: Running) -> None:
    assert service.client.post("/v1/embeddings", json={"model": "minilm"} | body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404), ("GET", "/v1/chat/completions", 405), ("DELETE", "/v1/models/tiny", 405), ("GET", "/slots", 404),
        ("POST", "/lora-adapters", 404), ("GET", "/props", 404), ("GET", "/v1/../health/..", 404),
        ("GET", "/v1/models/..%2f..%2fetc%2fpasswd", 404), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("PUT", "/health", 405),
    ],
)  # fmt: skip
def test_there_are_no_other_paths(method: str, path: str, status: int, service: Running) -> None:
    response = service.client.send(httpx_request(service, method, path))
    assert error(response)[0] == status


def httpx_request(service: Running, method: str, path: str) -> Any:
    request = service.client.build_request(method, "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    return request
