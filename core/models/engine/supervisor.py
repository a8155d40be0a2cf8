"""Manages this process's llama-servers: starts them on demand, restarts them after a crash, stops them when idle.

One thread that lives as long as this process starts them all, because the kernel kills a server when the thread that
started it ends.
"""

import atexit
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from core.errors import GarrisonError, Hint
from core.models.cpu_budget import thread_count
from core.models.engine.client import Client
from core.models.engine.context import context_tokens
from core.models.engine.crash import EngineCrashed, EngineUnfit
from core.models.engine.server import Plan, Server

IDLE_S = 600.0  # without a question before a server is stopped
GIVE_WAY_S = 10.0  # the same, while a job needs the device
WATCH_S = 1.0
MODELS_AT_ONCE = 2  # kept in memory: as many as a comparison needs
ADAPTERS_AT_ONCE = 8
CRASHES, CRASH_WINDOW_S = 3, 60.0  # this many within that time, and it is not restarted for now
SLOTS = 4


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server and the scales to request for its adapters: 1.0 for the wanted one, 0.0 for the others."""

    client: Client
    scales: tuple[float, ...]


@dataclass(slots=True)
class _Place:
    """The slot of one model: its server, if one runs, and the state that threads share under `changed`."""

    model: Path
    changed: threading.Condition = field(default_factory=threading.Condition)
    server: Server | None = None
    asking: int = 0  # number of answers being written
    is_changing: bool = False
    adapters: list[Path] = field(default_factory=list)  # most recently used last
    used_s: float = 0.0
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))


class Supervisor:
    """All llama-servers of one process, one per model."""

    def __init__(self, *, idle_s: float = IDLE_S, slots: int = SLOTS) -> None:
        """Build the supervisor without starting any server.

        Args:
            idle_s: seconds without a question before a server is stopped.
            slots: answers that one server writes in parallel.
        """
        self.idle_s = idle_s
        self.is_device_wanted: Callable[[], bool] = lambda: False
        self._slots = slots
        self._places: dict[Path, _Place] = {}
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @contextmanager
    def serving(self, model: Path, *, adapter: Path | None = None) -> Iterator[Serving]:
        """Yield a running server of `model` with `adapter`, starting or restarting it if needed.

        Raises:
            EngineCrashed: the server ended by itself, while starting or within the block.
            EngineUnfit: it crashed so often that it is not restarted right away.
            SetupError: it cannot be started or cannot load the model.
        """
        place = self._place(model)
        server = self._entered(place, adapter)
        try:
            yield Serving(server.client, tuple(float(path == adapter) for path in server.plan.adapters))
        except EngineCrashed:
            with place.changed:
                if place.server is server:
                    _bury(place)
            raise
        finally:
            with place.changed:
                place.asking -= 1
                place.used_s = time.monotonic()
                place.changed.notify_all()

    def stop(self) -> None:
        """Stop every server, even those that are still answering."""
        with self._lock:
            places = list(self._places.values())
        for place in places:
            with place.changed:
                server, place.server = place.server, None
            if server:
                server.stop()

    def pids(self) -> list[int]:
        """Return the process ids of the running servers."""
        with self._lock:
            return [place.server.pid for place in self._places.values() if place.server and place.server.is_alive()]

    def _place(self, model: Path) -> _Place:
        with self._lock:
            return self._places.setdefault(model, _Place(model))

    def _entered(self, place: _Place, adapter: Path | None) -> Server:
        """Return a server that has the adapter, starting one if needed, and count the caller as asking."""
        with place.changed:
            place.changed.wait_for(lambda: not place.is_changing)
            if adapter:
                place.adapters = [*(path for path in place.adapters if path != adapter), adapter][-ADAPTERS_AT_ONCE:]
            if place.server and place.server.crash():
                _bury(place)
            server = place.server
            if server and (adapter is None or adapter in server.plan.adapters):
                place.asking += 1
                return server
            place.is_changing = True
            place.changed.wait_for(lambda: place.asking == 0)  # let other callers' answers finish first
            old, place.server = place.server, None
        try:
            if old:
                old.stop()
            _refuse_unfit(place)
            self._make_room(place)
            started = self._run(lambda: Server(self._plan(place, adapter)))
            try:
                started.wait()
            except EngineCrashed:
                place.crashes.append(time.monotonic())
                raise
        except BaseException:
            with place.changed:
                place.adapters = [path for path in place.adapters if path != adapter]  # it may be what llama.cpp refuses
                place.is_changing = False
                place.changed.notify_all()
            raise
        with place.changed:
            place.server, place.is_changing = started, False
            place.asking += 1
            place.changed.notify_all()
        return started

    def _plan(self, place: _Place, wanted: Path | None) -> Plan:
        """Build the plan for a new server, with the wanted adapter and those others whose files still exist."""
        return Plan(
            model=place.model,
            adapters=tuple(path for path in place.adapters if path == wanted or path.is_file()),
            threads=thread_count(),
            context_tokens=context_tokens(place.model, conversations=self._slots),
            slots=self._slots,
        )

    def _make_room(self, wanted: _Place) -> None:
        """Make room for one more server among MODELS_AT_ONCE by stopping the least recently used, unless it is answering."""
        with self._lock:
            others = sorted(
                (place for place in self._places.values() if place is not wanted and place.server),
                key=lambda place: place.used_s,
            )
        for place in others[: max(0, len(others) - MODELS_AT_ONCE + 1)]:
            _stop_idle(place, after_s=0.0)

    def _run(self, start: Callable[[], Server]) -> Server:
        """Run `start` in the long-lived thread (see the module docstring) and return its result."""
        answer: Future[Server] = Future()

        def task() -> None:
            try:
                answer.set_result(start())
            except BaseException as error:  # re-raised in the waiting thread
                answer.set_exception(error)

        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="engine", daemon=True)
                self._thread.start()
        self._tasks.put(task)
        return answer.result()

    def _watch(self) -> None:
        while True:
            with suppress(queue.Empty):
                self._tasks.get(timeout=WATCH_S)()
                continue
            with self._lock:
                places = [place for place in self._places.values() if place.server]
            if places:
                idle_s = min(GIVE_WAY_S, self.idle_s) if self._is_wanted_elsewhere() else self.idle_s
                for place in places:
                    _stop_idle(place, after_s=idle_s)

    def _is_wanted_elsewhere(self) -> bool:
        try:
            return self.is_device_wanted()
        except GarrisonError:
            return False


def _stop_idle(place: _Place, *, after_s: float) -> None:
    """Stop a server that has been idle for `after_s` seconds; clean up after one that crashed."""
    with place.changed:
        if place.server and place.server.crash():
            _bury(place)
        is_idle = place.asking == 0 and not place.is_changing and time.monotonic() - place.used_s >= after_s
        if not place.server or not is_idle:
            return
        server, place.server = place.server, None
    server.stop()


def _bury(place: _Place) -> None:
    """Record the crash and clean up after the server. The caller must hold the place's condition."""
    place.crashes.append(time.monotonic())
    if place.server:
        place.server.stop()
    place.server = None


def _refuse_unfit(place: _Place) -> None:
    if len(place.crashes) == CRASHES and time.monotonic() - place.crashes[0] < CRASH_WINDOW_S:
        raise EngineUnfit(
            f"The language model's engine ended {CRASHES} times within a minute with {place.model.name}.",
            Hint(
                "Wait a minute, or choose another model. If it goes on, ask whoever installed Garrison to see what is "
                "broken.",
                command="python3 installer doctor",
            ),
        )


@cache
def shared() -> Supervisor:
    """Return this process's only supervisor, whose servers are stopped when the process exits."""
    supervisor = Supervisor()
    atexit.register(supervisor.stop)
    return supervisor
