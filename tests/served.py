"""Servers of the tests' own, on the loopback, each in a process that ends with the block."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ANSWER_S = 180  # that a server may take on a machine with other work


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path, **variables: str) -> Iterator[None]:
    """A server, from when it answers to the end of the block."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=os.environ | variables
        )
    try:
        deadline = time.monotonic() + ANSWER_S
        while True:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def dashboard(home: Path, log: Path) -> Iterator[int]:
    """`garrison serve` for the workspace in `home`; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "core.cli.app", "--home", str(home), "serve", "--port", str(port)]
    with running(command, port, log):
        yield port
