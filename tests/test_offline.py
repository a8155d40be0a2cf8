"""Nothing leaves the machine: the variables are set and the guard refuses."""

import os
import subprocess
import sys

import pytest

from core.offline import OFFLINE_VARIABLES, is_local


def test_importing_core_sets_the_offline_variables() -> None:
    code = "import core, os, json; print(json.dumps(dict(os.environ)))"
    environment = {"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "0"}
    import json

    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert OFFLINE_VARIABLES.items() <= json.loads(printed.stdout).items()


GUARDED = """
import socket
from core.offline import refuse_connections, refused_count
refuse_connections()
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
assert refused_count() == 0
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)),
):
    try:
        attempt()
    except ConnectionRefusedError as error:
        assert "Garrison" in str(error)
    else:
        raise SystemExit("it went through")
print(refused_count())
"""


def test_the_guard_refuses_and_counts_whatever_leaves_the_machine() -> None:
    # without the guard of the test run, which would refuse first
    environment = {"PATH": os.environ["PATH"]}
    arguments = [sys.executable, "-W", "ignore", "-c", GUARDED]
    printed = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert (printed.stdout.strip(), printed.returncode) == ("4", 0), printed.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "", None, b"127.0.0.1", "::ffff:127.0.0.1"])
def test_this_machine_is_local(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.0.2.1", "example.org", "2001:db8::1", "::ffff:10.0.0.1", "localhost.example.org"]
)
def test_other_machines_are_not(host: object) -> None:
    assert not is_local(host)
