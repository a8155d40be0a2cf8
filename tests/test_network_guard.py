import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ELSEWHERE = ("192.0.2.1", 80)  # RFC 5737: reserved for documentation, never anybody's


@pytest.fixture
def forgiven():
    """Take back the refusals that a test provoked on purpose."""
    yield
    Path(os.environ["GARRISON_TEST_REFUSALS"]).unlink()


def test_other_machines_are_refused(forgiven):
    with pytest.raises(ConnectionRefusedError, match="refused"), socket.socket() as client:
        client.connect(ELSEWHERE)


def test_names_are_not_looked_up(forgiven):
    with pytest.raises(ConnectionRefusedError, match="refused"):
        socket.getaddrinfo("garrison.example", 443)


def test_datagrams_are_refused(forgiven):
    with pytest.raises(ConnectionRefusedError), socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ELSEWHERE)


def test_loopback_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"here")
        with server.accept()[0] as served:
            assert served.recv(4) == b"here"


def test_started_python_is_guarded_and_its_swallowed_attempt_is_written_down(forgiven):
    program = "import socket\ntry: socket.create_connection(('192.0.2.1', 80))\nexcept OSError: print('quiet')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "quiet\n"
    assert "192.0.2.1" in Path(os.environ["GARRISON_TEST_REFUSALS"]).read_text(encoding="utf-8")
