"""What nobody well-meaning sends: bytes on a socket, one connection after another. The service answers the next one."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from core.deploy import bodies, connection, outlet
from core.deploy.limits import HEAD_BYTES
from core.deploy.refusal import ClientGone
from tests.service.conftest import Keys, Running, Start

BODY = b'{"model": "tiny", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 1}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
LONGEST_S = 60.0
HUGE = 1 << 20  # bytes; what comes in one piece of the network is read beyond `HEAD_BYTES`


@pytest.fixture
def service(start: Start) -> Iterator[Running]:
    one = start()
    yield one
    assert one.ask(max_tokens=1).status_code == 200  # whatever was done to it
    assert one.service.meters.engine_restarts == 0


@contextmanager
def connected(service: Running) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.port), timeout=LONGEST_S) as one:
        yield one


def heard(one: socket.socket) -> bytes:
    """All that comes until the other side closes the connection."""
    found = b""
    try:
        while piece := one.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def said(service: Running, content: bytes) -> bytes:
    with connected(service) as one:
        with suppress(OSError):  # it may be refused before all of it was sent
            one.sendall(content)
            one.shutdown(socket.SHUT_WR)
        return heard(one)


@pytest.mark.parametrize(
    "start_of_request",
    [
        b"",
        b"P",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50,
    ],
)
def test_a_head_that_never_ends_is_not_waited_for(
    start_of_request: bytes, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_S", 0.5)
    with connected(service) as one:
        one.sendall(start_of_request)
        assert heard(one) == b""


def test_a_head_that_comes_byte_by_byte_is_not_waited_for_either(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_S", 0.5)
    with connected(service) as one, pytest.raises(OSError):  # noqa: PT011 broken or reset, as the system has it
        for _ in range(int(LONGEST_S * 20)):
            one.sendall(b"X")
            time.sleep(0.05)


def test_a_second_request_that_never_ends_is_not_waited_for(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_S", 0.5)
    with connected(service) as one:
        one.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"POST /v1")
        assert heard(one).count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("framing", [b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"])
def test_a_body_that_never_ends_is_not_waited_for(framing: bytes, service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.5)
    with connected(service) as one:
        one.sendall(HEAD + framing)
        assert b"408" in heard(one).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * HUGE + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * HUGE + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * (HUGE // 8) + b"\r\n",
        b"GET / HTTP/1.1\r\nAuthorization: Bearer " + b"g" * HUGE + b"\r\n\r\n",
    ],
)
def test_a_huge_head_is_refused(head: bytes, service: Running) -> None:
    assert said(service, head)[:12] in (b"HTTP/1.1 400", b"")  # or the connection was reset before that was read


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length : 5\r\n",
        b" Content-Length: 5\r\n",
        b"X: a\x00b\r\n",
    ],
)
def test_a_request_whose_end_can_be_read_in_two_ways_begins_no_second_one(head: bytes, service: Running) -> None:
    hidden = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    told = said(service, HEAD + head + b"\r\n" + b"0\r\n\r\n" + hidden)
    assert b'"object":"list"' not in told and told.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "chunks", [b"-1\r\n\r\n", b"fffffffffffffffff\r\n", b"0x5\r\nhello\r\n", b"5;" + b"a" * HEAD_BYTES + b"\r\nhello\r\n"]
)
def test_a_chunk_of_no_size_is_refused(chunks: bytes, service: Running) -> None:
    told = said(service, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert told[:12] in (b"HTTP/1.1 400", b"")


def test_what_follows_a_request_that_was_refused_unread_is_no_request(start: Start) -> None:
    service = start(keys=Keys({"gk-1"}))
    hidden = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    told = said(service, HEAD + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden + hidden)
    assert told.startswith(b"HTTP/1.1 401") and told.count(b"HTTP/1.1 ") == 1 and b'"ok"' not in told


@pytest.mark.parametrize(
    "line",
    [
        b"GET http://127.0.0.1/health HTTP/1.1", b"CONNECT 192.0.2.1:443 HTTP/1.1", b"GET http://192.0.2.1/ HTTP/1.1",
        b"TRACE / HTTP/1.1", b"PRI * HTTP/2.0", b"\x16\x03\x01\x02\x00\x01", b"GET /health", b"OPTIONS * HTTP/1.1",
    ],
)  # fmt: skip
def test_another_protocol_gets_nothing(line: bytes, service: Running) -> None:
    told = said(service, line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert told[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 405", b"")


def test_an_upgrade_to_a_web_socket_is_no_way_in(service: Running) -> None:
    head = b"GET /v1/models HTTP/1.1\r\nHost: evil.site\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    assert said(service, head + b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n").startswith(b"HTTP/1.1 403")


def test_many_who_say_nothing_keep_nobody_out(service: Running) -> None:
    idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
    try:
        assert service.ask(max_tokens=1).status_code == 200
    finally:
        for one in idle:
            one.close()


def test_whoever_reads_nothing_of_an_answer_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "STALL_S", 0.05)

    async def full(_message: object) -> None:  # as uvicorn's while the socket takes nothing
        await asyncio.Event().wait()

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def answer() -> None:
        await outlet.Outlet({"type": "http"}, receive, full).event(b"data: {}\n\n")  # type: ignore[arg-type]

    with pytest.raises(ClientGone):
        asyncio.run(answer())
