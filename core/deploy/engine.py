"""The engine of a service: one llama-server for one model, begun anew whenever it ends."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from core.deploy.limits import Limits
from core.deploy.meters import Meters
from core.deploy.refusal import engine_gone
from core.errors import GarrisonError
from core.models.cpu_budget import thread_count
from core.models.engine.client import CONNECT_S, ONE_REQUEST
from core.models.engine.context import MEMORY_SHARE, STEP, bytes_per_token, context_tokens, read_head
from core.models.engine.server import Plan, Server

log = logging.getLogger(__name__)
LOOK_S = 0.1  # between two looks whether the process is there
WAIT_S = 5.0  # that a request waits for an engine that is being started
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0  # before a start after a crash; doubled each time
STEADY_S = 60.0  # a run longer than this resets the pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a service answers with: `name` is what clients call it, and nothing else of it is told to them."""

    name: str
    model: Path  # GGUF
    adapter: Path | None = None  # GGUF of a LoRA adapter
    template: Path | None = None  # chat template (Jinja) in place of the model's own


def room_tokens(model: Path, slots: int, *, free_bytes: int | None = None) -> int:
    """Return the tokens to allocate memory for: a conversation of full length for each slot, if memory holds them.

    Where it does not, they share what there is, and long ones may have to be refused together.
    """
    free_bytes = psutil.virtual_memory().available if free_bytes is None else free_bytes
    fits = int(free_bytes * MEMORY_SHARE) // max(1, bytes_per_token(read_head(model))) // STEP * STEP
    one = context_tokens(model, free_bytes=free_bytes)
    return max(one, min(one * slots, fits))


class NamedServer(Server):
    """A llama-server that goes by a name of its own, not its file's path, and may have a chat template of its own."""

    def __init__(self, plan: Plan, served: Served) -> None:
        """Start the process, see `Server`."""
        self._served = served
        super().__init__(plan)

    def _arguments(self) -> list[str]:
        template = self._served.template
        named = ["--alias", self._served.name]
        return [*super()._arguments(), *named, *(["--chat-template-file", str(template.resolve())] if template else [])]

    def open_client(self) -> httpx.AsyncClient:
        """Return a client for the process that does not block."""
        transport = httpx.AsyncHTTPTransport(
            uds=str(self._folder / "engine.sock"),
            verify=False,  # noqa: S501 nothing is encrypted on the socket
            limits=ONE_REQUEST,
        )
        key = self.client._http.headers["Authorization"]  # noqa: SLF001 the process has no other
        timeout = httpx.Timeout(None, connect=CONNECT_S)
        return httpx.AsyncClient(
            base_url="http://engine", headers={"Authorization": key}, transport=transport, timeout=timeout, trust_env=False
        )


class KeptEngine:
    """Keeps an engine running. Everything happens in the thread of the event loop, which the process is bound to."""

    def __init__(self, served: Served, limits: Limits, meters: Meters) -> None:
        self.served = served
        self._limits, self._meters = limits, meters
        self._server: NamedServer | None = None
        self._client: httpx.AsyncClient | None = None
        self._is_up = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self._is_up.is_set()

    @property
    def pid(self) -> int | None:
        """Process id, for tests and monitoring."""
        return self._server.pid if self._server else None

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Start the engine, and keep it running within the block.

        Raises:
            SetupError: it cannot be started, or cannot load the model.
            EngineCrashed: it ended while it loaded the model.
        """
        keeping: asyncio.Task[None] | None = None
        try:
            await self._start()
            keeping = asyncio.create_task(self._keep())
            yield
        finally:
            if keeping:
                keeping.cancel()
                with suppress(asyncio.CancelledError):
                    await keeping
            await self._stop()

    async def client(self) -> httpx.AsyncClient:
        """Return a client for the running engine, waiting a moment for one that is being started.

        Raises:
            Refused: it takes longer.
        """
        try:
            async with asyncio.timeout(WAIT_S):
                await self._is_up.wait()
        except TimeoutError as error:
            raise engine_gone() from error
        if self._client is None:
            raise engine_gone()
        return self._client

    def look(self) -> None:
        """Note at once if the engine has ended, before anybody else is sent to it."""
        if self._server and not self._server.is_alive():
            self._is_up.clear()
            self._meters.is_engine_up = False

    async def _keep(self) -> None:
        pause_s, began_s = FIRST_PAUSE_S, time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            if self._server and self._server.is_alive():
                continue
            self.look()
            crash = self._server.crash() if self._server else None
            log.warning("%s It is started again.", crash.message if crash else "The language model's engine did not start.")
            pause_s = FIRST_PAUSE_S if time.monotonic() - began_s > STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            await self._stop()
            await asyncio.sleep(pause_s)
            began_s = time.monotonic()
            self._meters.engine_restarts += 1
            with suppress(GarrisonError):  # the next round tries again, after a longer pause
                await self._start()

    async def _start(self) -> None:
        served = self.served
        plan = Plan(
            model=served.model,
            adapters=(served.adapter,) if served.adapter else (),
            threads=await asyncio.to_thread(thread_count),
            context_tokens=room_tokens(served.model, self._limits.slots),
            slots=self._limits.slots,
        )
        self._server = NamedServer(plan, served)
        await self._loaded(self._server)
        self._client = self._server.open_client()
        self._is_up.set()
        self._meters.is_engine_up = True

    async def _loaded(self, server: NamedServer) -> None:
        """Wait until the model is loaded; when cancelled, only after the thread that waits for it has ended."""
        waiting = asyncio.ensure_future(asyncio.to_thread(server.wait))
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGKILL)
            with suppress(GarrisonError):
                await waiting
            raise

    async def _stop(self) -> None:
        self._is_up.clear()
        self._meters.is_engine_up = False
        client, self._client = self._client, None
        server, self._server = self._server, None
        if client:
            await client.aclose()
        if server:
            await asyncio.to_thread(server.stop)
