"""A page of somebody else that knocks at the dashboard is refused, and makes it turn to no other machine."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A dashboard that nobody has looked at yet."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "core.cli.app", "--home", str(tmp_path / "home"), "serve", "--port", str(port)]
    log = tmp_path / "serve.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 180
        while True:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def knock(port: int, *, origin: str, host: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/_stcore/stream", headers=UPGRADE | {"Origin": origin, "Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


def test_pages_of_others_are_refused_and_nobody_is_asked(port: int) -> None:
    # as the very first request; `no_network` fails this test where the dashboard asks another machine meanwhile
    assert knock(port, origin="http://evil.site", host=f"127.0.0.1:{port}") == 403
    assert knock(port, origin=f"http://evil.site:{port}", host=f"evil.site:{port}") == 403  # a name given to this machine
    assert knock(port, origin=f"http://127.0.0.1:{port}", host=f"127.0.0.1:{port}") == 101
