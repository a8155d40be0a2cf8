"""The embedded model behind llama-server's OpenAI protocol on the loopback, started as Garrison starts its own engine."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from core.models.cpu_budget import thread_count
from core.models.engine.program import server_program
from core.models.unpacked import batch_gguf
from tests.benchmarks.material import gguf
from tests.served import ANSWER_S, free_port, running

MODEL = "embedded"  # the server has one, and answers to any name
SLOTS = 8  # conversations answered at once
CONTEXT_TOKENS = 32_768  # that they share


@contextmanager
def served_model() -> Iterator[str]:
    """Give the server's address, in the file that Garrison uses for many answers at once."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [
            str(server_program()), "--model", str(batch_gguf(gguf(), folder)), "--host", "127.0.0.1", "--port", str(port),
            "--offline", "--no-ui", "--no-webui", "--log-disable", "--ctx-size", str(CONTEXT_TOKENS),
            "--parallel", str(SLOTS), "--kv-unified", "--cache-ram", "0", "--no-context-shift",
            "--threads", str(thread_count()),
        ]  # fmt: skip
        with running(command, port, folder / "log"):
            _wait_for_model(address)
            yield f"{address}/v1"


def _wait_for_model(address: str) -> None:
    deadline_s = time.monotonic() + ANSWER_S
    while httpx.get(f"{address}/health").status_code != httpx.codes.OK:
        assert time.monotonic() < deadline_s, "The model does not load."
        time.sleep(0.2)
