"""A page of somebody else that knocks at the dashboard is refused, and makes it turn to no other machine."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import dashboard

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A dashboard that nobody has looked at yet."""
    with dashboard(tmp_path / "home", tmp_path / "serve.log") as port:
        yield port


def knock(port: int, *, origin: str, host: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/_stcore/stream", headers=UPGRADE | {"Origin": origin, "Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.slow
def test_pages_of_others_are_refused_and_nobody_is_asked(port: int) -> None:
    # as the very first request; `no_network` fails this test where the dashboard asks another machine meanwhile
    assert knock(port, origin="http://evil.site", host=f"127.0.0.1:{port}") == 403
    assert knock(port, origin=f"http://evil.site:{port}", host=f"evil.site:{port}") == 403  # a name given to this machine
    assert knock(port, origin=f"http://127.0.0.1:{port}", host=f"127.0.0.1:{port}") == 101
