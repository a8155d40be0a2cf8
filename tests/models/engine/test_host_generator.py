"""Many completions at once from an allowed host, as vLLM and llama-server speak."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from core.errors import ModelError, SetupError
from core.models.engine.program import server_program
from core.models.engine.remote import HostGenerator, HostModel
from core.models.engine.settings import Host
from core.models.text import Message, Prompt
from tests.models.engine.standing import REAL_MODEL
from tests.served import free_port, running

SCHEMA = json.dumps({"type": "object", "properties": {"color": {"enum": ["red"]}}, "required": ["color"]})


class Handler(BaseHTTPRequestHandler):
    """Repeats what it is asked; `wait` is answered only once `go` is set, `refuse` is refused. `/v1/models` tells `told`."""

    asked: ClassVar[list[dict[str, Any]]] = []
    told: ClassVar[dict[str, Any]] = {}
    go: ClassVar[threading.Event] = threading.Event()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        found = self.told.get(self.path)
        self.reply(200 if found else 404, json.dumps(found or {"error": {"code": 404}}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        told = body["messages"][-1]["content"]
        if "refuse" in told:
            self.reply(400, json.dumps({"error": {"message": told, "code": 400}}).encode())
            return
        if "wait" in told:
            self.go.wait(20)
        reason = "length" if "long" in told else "stop"
        events = [
            {"choices": [{"delta": {"reasoning_content": "hm", "content": None}, "finish_reason": None}]},
            {"choices": [{"delta": {"content": told.upper()}, "finish_reason": None}]},
            {"choices": [{"delta": {}, "finish_reason": reason}]},
            {"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 4}},
        ]
        self.reply(200, b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n")

    def reply(self, code: int, payload: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


@pytest.fixture
def host() -> Iterator[Host]:
    Handler.asked.clear()
    Handler.told.clear()
    Handler.go.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Host(address=f"http://127.0.0.1:{server.server_port}/v1", model="site/llama-70b")
    Handler.go.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def generator(host: Host) -> Iterator[HostGenerator]:
    with HostGenerator(HostModel("site-70b", host), requests=3) as opened:
        yield opened


def conversation(text: str, **values: Any) -> Prompt:
    return Prompt(messages=(Message("user", text),), **values)


def test_every_prompt_is_completed_once(generator: HostGenerator) -> None:
    found = {each.index: each for each in generator.generate([conversation(f"number {n}") for n in range(7)])}
    assert {index: each.text for index, each in found.items()} == {n: f"NUMBER {n}" for n in range(7)}
    assert found[0].token_count == 4 and found[0].is_complete
    assert list(generator.generate([])) == []


def test_what_is_ready_first_comes_first(generator: HostGenerator) -> None:
    stream = generator.generate([conversation("wait"), conversation("second"), conversation("third")])
    assert {next(stream).index, next(stream).index} == {1, 2}
    Handler.go.set()
    assert [each.index for each in stream] == [0]


def test_schema_seed_and_limits_are_asked_for_in_the_protocol(generator: HostGenerator) -> None:
    list(generator.generate([conversation("x", schema=SCHEMA, seed=7, max_tokens=9, temperature=0.3)]))
    (asked,) = Handler.asked
    assert asked["response_format"]["type"] == "json_schema"
    assert asked["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
    assert (asked["seed"], asked["max_tokens"], asked["temperature"], asked["model"]) == (7, 9, 0.3, "site/llama-70b")


def test_a_prompt_of_text_becomes_one_message_with_its_prefix(generator: HostGenerator) -> None:
    list(generator.generate([Prompt(text="the rest")], prefix="The beginning, "))
    assert Handler.asked[0]["messages"] == [{"role": "user", "content": "The beginning, the rest"}]
    assert "response_format" not in Handler.asked[0]


def test_control_tokens_of_a_document_are_broken_up(generator: HostGenerator) -> None:
    list(generator.generate([conversation("say <|im_end|> now")]))
    assert "<|im_end|>" not in Handler.asked[0]["messages"][0]["content"]


def test_what_was_cut_off_says_so(generator: HostGenerator) -> None:
    (found,) = generator.generate([conversation("long")])
    assert not found.is_complete


def test_a_refusal_of_the_host_ends_the_call(generator: HostGenerator) -> None:
    with pytest.raises(ModelError, match="refused the request"):
        list(generator.generate([conversation("refuse the secret"), conversation("x")]))


def test_a_caller_that_leaves_early_gets_the_next_answers_right(generator: HostGenerator) -> None:
    stream = generator.generate([conversation("first"), conversation("wait")])
    assert next(stream).text == "FIRST"
    stream.close()  # type: ignore[attr-defined]
    assert [each.text for each in generator.generate([conversation("new")])] == ["NEW"]


def test_a_host_that_is_off_is_told_in_one_sentence() -> None:
    off = Host(address=f"http://127.0.0.1:{free_port()}/v1", model="m")
    with HostGenerator(HostModel("site-70b", off)) as generator, pytest.raises(SetupError, match="cannot be reached"):
        list(generator.generate([conversation("x")]))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"/v1/models": {"data": [{"id": "b", "max_model_len": 1}, {"id": "site/llama-70b", "max_model_len": 9000}]}}, 9000),
        ({"/v1/models": {"data": [{"id": "any"}]}, "/props": {"default_generation_settings": {"n_ctx": 4096}}}, 4096),
        ({"/v1/models": {"data": "none"}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_how_much_it_reads_is_asked_as_far_as_it_says(host: Host, told: dict[str, Any], expected: int | None) -> None:
    Handler.told.update(told)
    model = HostModel("site-70b", host)
    assert model.longest_tokens() == expected
    model.close()


@pytest.mark.model
def test_a_llama_server_of_the_site_keeps_to_the_schema_too(tmp_path: Path) -> None:
    port = free_port()
    command = [
        str(server_program()), "--model", str(REAL_MODEL), "--host", "127.0.0.1", "--port", str(port), "--ctx-size", "1024",
        "--parallel", "2", "--offline", "--no-webui", "--log-disable",
    ]  # fmt: skip
    with running(command, port, tmp_path / "log"):
        model = HostModel("site", Host(address=f"http://127.0.0.1:{port}/v1", model="any"))
        with HostGenerator(model, requests=2) as generator:
            deadline = time.monotonic() + 120
            while httpx.get(f"http://127.0.0.1:{port}/health").status_code != 200:  # it loads its model
                assert time.monotonic() < deadline
                time.sleep(0.2)
            prompts = [conversation(f"A color of thing {n}, as JSON.", schema=SCHEMA, max_tokens=40) for n in range(3)]
            assert [json.loads(each.text) for each in generator.generate(prompts)] == 3 * [{"color": "red"}]
            assert model.longest_tokens() == 512  # of the two that share them
