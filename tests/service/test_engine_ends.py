"""The engine ends while it answers, or the service does; and many ask at once."""

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from core.deploy.limits import Limits
from tests.models.engine.standing import asked
from tests.service.conftest import Keys, Start

LONGEST_S = 60.0


def wait_until(is_so) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_whoever_waits_is_told_and_the_next_one_is_answered(number: str, start: Start) -> None:
    service = start()
    response = service.ask(f"crash at once {number}")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "engine_gone")
    assert int(response.headers["retry-after"]) >= 1
    wait_until(lambda: service.ask(max_tokens=1).status_code == 200)
    assert "garrison_engine_restarts_total 1" in service.client.get("/metrics").text


def test_a_stream_ends_with_an_error_and_without_its_end(start: Start) -> None:
    service = start()
    lines = [line for line in service.ask("crash SIGKILL", stream=True).text.splitlines() if line]
    assert json.loads(lines[0].removeprefix("data: "))["choices"][0]["delta"]["content"] == "Paris "
    last = json.loads(lines[-1].removeprefix("data: "))
    assert last["error"]["code"] == "engine_gone" and last["error"]["type"] == "server_error"


def test_while_it_is_gone_health_says_so_and_whoever_asks_waits_for_it(start: Start) -> None:
    service = start()
    pid = service.service.engine.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.client.get("/health").status_code == 503)
    wait_until(lambda: service.ask(max_tokens=1).status_code == 200)
    assert service.client.get("/health").status_code == 200


def test_twenty_at_once_are_all_answered(start: Start) -> None:
    service = start()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: service.ask(f"say {number}"), range(20)))
    assert [answer.json()["choices"][0]["message"]["content"] for answer in answers] == [str(n) for n in range(20)]


def test_one_more_than_there_are_places_is_refused_and_a_place_comes_free(start: Start) -> None:
    service = start(Limits(requests_at_once=2))
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(service.ask, "wait", max_tokens=15) for _ in range(2)]
        wait_until(lambda: "in_flight 2" in service.client.get("/metrics").text)
        response = service.ask()
        assert (response.status_code, response.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert [each.result().status_code for each in waiting] == [200, 200]
    assert service.ask(max_tokens=1).status_code == 200


def test_the_engine_stops_writing_for_whoever_has_left(start: Start, asked_log: Path) -> None:
    service = start()
    body = {"model": "tiny", "messages": [{"role": "user", "content": "wait"}], "stream": True, "max_tokens": 4000}
    with service.client.stream("POST", "/v1/chat/completions", json=body) as response:
        next(response.iter_lines())
    wait_until(lambda: any(entry.get("left") for entry in asked(asked_log)))
    wait_until(lambda: 'state="left"} 1' in service.client.get("/metrics").text)


def test_a_revoked_key_ends_a_stream(start: Start) -> None:
    keys = Keys({"gk-1"})
    service = start(keys=keys)
    service.client.headers["authorization"] = "Bearer gk-1"
    threading.Timer(0.5, keys.keys.add, ["gk-2"]).start()
    threading.Timer(0.6, keys.keys.discard, ["gk-1"]).start()
    told = service.ask("wait", stream=True, max_tokens=300).text
    assert told.count("tick") < 300 and '"invalid_api_key"' in told and "[DONE]" not in told


def test_an_answer_that_takes_too_long_ends(start: Start) -> None:
    service = start(Limits(request_s=1.0))
    response = service.ask("wait", max_tokens=300)
    assert (response.status_code, response.json()["error"]["code"]) == (504, "timeout")


def test_when_it_is_stopped_answers_are_finished_and_nobody_new_gets_in(start: Start) -> None:
    service = start(Limits(grace_s=30))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.ask, "wait", max_tokens=20, stream=True)
        wait_until(lambda: "in_flight 1" in service.client.get("/metrics").text)
        engine = psutil.Process(service.service.engine.pid)
        service.stop()
        assert waiting.result().text.count("tick") == 20 and "[DONE]" in waiting.result().text
    assert not engine.is_running()


def test_what_takes_longer_than_the_grace_is_told_that_it_ends(start: Start) -> None:
    service = start(Limits(grace_s=0.5))
    with ThreadPoolExecutor(2) as pool:
        stream, whole = (pool.submit(service.ask, "wait", max_tokens=600, stream=each) for each in (True, False))
        wait_until(lambda: "in_flight 2" in service.client.get("/metrics").text)
        service.stop()
        assert '"service_stopping"' in stream.result().text
        assert (whole.result().status_code, whole.result().json()["error"]["code"]) == (503, "service_stopping")
