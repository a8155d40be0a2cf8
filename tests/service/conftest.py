"""A service in a thread of this process, on the loopback, with the stand-in for its engine."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from core.deploy.app import Service
from core.deploy.documents import DocumentAnswers, Documents
from core.deploy.door import Caller, Door
from core.deploy.embeddings import Embeddings
from core.deploy.engine import KeptEngine, Served
from core.deploy.feedback import Keep
from core.deploy.limits import Limits
from core.deploy.meters import Meters, Use
from core.deploy.refusal import Refused
from core.deploy.serving import listen, serve, tls_context
from tests.models.engine.standing import install_stand_in, write_model

START_S = 180.0


@dataclass
class Keys:
    """A door with these keys; open to everybody while there is none."""

    keys: set[str] = field(default_factory=set)

    def admit(self, presented: str | None) -> Caller:
        if not self.keys:
            return Caller(None)
        if presented not in self.keys:
            raise Refused(401, "invalid_api_key", "The key is wrong or was revoked.")
        return Caller(presented)

    def stands(self, caller: Caller) -> bool:
        return caller.key_id is None or caller.key_id in self.keys


class Lengths:
    """In place of the network: a text's embedding is its length, a word a token."""

    def token_counts(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed(self, texts: list[str]) -> list[bytes]:
        return [bytes([min(len(text), 127)] * 384) for text in texts]


@dataclass
class Running:
    """A service that runs."""

    port: int
    service: Service
    client: httpx.Client
    loop: asyncio.AbstractEventLoop
    asked_to_stop: asyncio.Event
    thread: threading.Thread
    booked: list[Use]

    def stop(self) -> None:
        with suppress(RuntimeError):  # it has stopped by itself
            self.loop.call_soon_threadsafe(self.asked_to_stop.set)
        self.thread.join(60)
        assert not self.thread.is_alive()

    def ask(self, content: str = "hello", **fields: object) -> httpx.Response:
        messages = [{"role": "user", "content": content}]
        return self.client.post("/v1/chat/completions", json={"model": "tiny", "messages": messages, **fields})

    def used(self) -> Use:
        """All that was used, once nothing is answered any more: a stream is read to its end before it is counted."""

        async def when_idle() -> Use:
            while self.service.meters.in_flight:
                await asyncio.sleep(0.01)
            return self.service.meters.total

        return asyncio.run_coroutine_threadsafe(when_idle(), self.loop).result(30)


Start = Callable[..., Running]


@pytest.fixture
def asked_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in is the engine of this test; the file where it writes what it was asked."""
    return install_stand_in(tmp_path, monkeypatch)


@pytest.fixture
def start(tmp_path: Path, asked_log: Path) -> Iterator[Start]:
    """`start(limits, keys=…, adapter=…, documents=…)`: a service that is stopped at the end of the test."""
    started: list[Running] = []

    def start_it(limits: Limits | None = None, **options: object) -> Running:
        started.append(run_service(tmp_path, limits or Limits(), **options))  # type: ignore[arg-type]
        return started[-1]

    yield start_it
    for one in started:
        one.client.close()
        one.stop()


def run_service(
    folder: Path,
    limits: Limits = Limits(),  # noqa: B008 frozen
    *,
    model: Path | None = None,
    keys: Door | None = None,
    documents: Documents | None = None,
    adapter: Path | None = None,
    tls: tuple[Path, Path] | None = None,
    keep_feedback: Keep | None = None,
) -> Running:
    """A service that answers, in a thread that ends when it is stopped."""
    served = Served(name="tiny", model=model or write_model(folder / "model.gguf"), adapter=adapter)
    listener, ready, found, booked = listen("127.0.0.1", 0), threading.Event(), [], []  # type: ignore[var-annotated]

    async def run() -> None:
        meters, asked = Meters(), asyncio.Event()
        service = Service(
            engine=KeptEngine(served, limits, meters),
            embeddings=Embeddings("minilm", Lengths),  # type: ignore[arg-type]
            door=keys or Keys(),
            limits=limits,
            meters=meters,
            keep_feedback=keep_feedback,
            documents=DocumentAnswers(documents) if documents else None,
        )
        found.append((service, asyncio.get_running_loop(), asked))
        context = tls_context(*tls) if tls else None
        await serve(service, listener, context, asked_to_stop=asked, keep_books=booked.append, on_ready=ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    port = listener.getsockname()[1]
    thread.start()
    assert ready.wait(START_S)
    service, loop, asked = found[0]
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    return Running(port, service, client, loop, asked, thread, booked)
