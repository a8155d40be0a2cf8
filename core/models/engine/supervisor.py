"""Keeps the servers of this process: started when one is wanted, begun anew after a crash, stopped when idle.

One thread, which lives as long as this process, starts them: the kernel ends a server with the thread that started it.
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

from core.errors import GarrisonError
from core.models.cores import thread_count
from core.models.engine.client import Client
from core.models.engine.context import context_tokens
from core.models.engine.crash import EngineCrashed, EngineUnfit
from core.models.engine.server import Plan, Server

IDLE_S = 600.0  # without a question, until a server is stopped
GIVE_WAY_S = 10.0  # the same, while a job needs the device
WATCH_S = 1.0
MODELS_AT_ONCE = 2  # in memory: as many as a comparison needs
ADAPTERS_AT_ONCE = 8
CRASHES, CRASH_WINDOW_S = 3, 60.0  # this many within that time, and it is not started again at once
SLOTS = 4


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers now, and how much of each of its adapters is wanted."""

    client: Client
    scales: tuple[float, ...]


@dataclass(slots=True)
class _Place:
    """Where the server of one model stands, or will."""

    model: Path
    changed: threading.Condition = field(default_factory=threading.Condition)
    server: Server | None = None
    asking: int = 0  # answers being written
    is_changing: bool = False
    adapters: list[Path] = field(default_factory=list)  # used last: at the end
    used_s: float = 0.0
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))


class Supervisor:
    """The servers of one process, by model."""

    def __init__(self, *, idle_s: float = IDLE_S, slots: int = SLOTS) -> None:
        """Build it; nothing is started yet.

        Args:
            idle_s: seconds without a question until a server is stopped.
            slots: answers that one server writes side by side.
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
        """Have a server of `model` with `adapter` answer within this block; started, or begun anew, where needed.

        Raises:
            EngineCrashed: it ended by itself, now or within the block.
            EngineUnfit: it crashed so often that it is not started again at once.
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
        """Stop every server, whoever waits for it."""
        with self._lock:
            places = list(self._places.values())
        for place in places:
            with place.changed:
                server, place.server = place.server, None
            if server:
                server.stop()

    def pids(self) -> list[int]:
        """Return the processes that run now."""
        with self._lock:
            return [place.server.pid for place in self._places.values() if place.server and place.server.is_alive()]

    def _place(self, model: Path) -> _Place:
        with self._lock:
            return self._places.setdefault(model, _Place(model))

    def _entered(self, place: _Place, adapter: Path | None) -> Server:
        """Wait for a server that has the adapter, starting one where there is none; the caller counts as asking."""
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
            place.changed.wait_for(lambda: place.asking == 0)  # other people's answers are finished first
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
                place.adapters = [path for path in place.adapters if path != adapter]  # it may be what is refused
                place.is_changing = False
                place.changed.notify_all()
            raise
        with place.changed:
            place.server, place.is_changing = started, False
            place.asking += 1
            place.changed.notify_all()
        return started

    def _plan(self, place: _Place, wanted: Path | None) -> Plan:
        """Choose the adapters: the wanted one, and of the others those whose run was not deleted since."""
        return Plan(
            model=place.model,
            adapters=tuple(path for path in place.adapters if path == wanted or path.is_file()),
            threads=thread_count(),
            context_tokens=context_tokens(place.model, conversations=self._slots),
            slots=self._slots,
        )

    def _make_room(self, wanted: _Place) -> None:
        """Stop the servers that were used longest ago, as long as there are too many and nobody asks them."""
        with self._lock:
            others = sorted(
                (place for place in self._places.values() if place is not wanted and place.server),
                key=lambda place: place.used_s,
            )
        for place in others[: max(0, len(others) - MODELS_AT_ONCE + 1)]:
            _stop_idle(place, after_s=0.0)

    def _run(self, start: Callable[[], Server]) -> Server:
        """Run `start` in the thread that lives as long as this process."""
        answer: Future[Server] = Future()

        def task() -> None:
            try:
                answer.set_result(start())
            except BaseException as error:  # told to whoever waits
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
    """Stop a server that nobody has asked for so long; one that crashed is buried."""
    with place.changed:
        if place.server and place.server.crash():
            _bury(place)
        is_idle = place.asking == 0 and not place.is_changing and time.monotonic() - place.used_s >= after_s
        if not place.server or not is_idle:
            return
        server, place.server = place.server, None
    server.stop()


def _bury(place: _Place) -> None:
    """Remember the crash and clear away what the server left. The caller holds the place's condition."""
    place.crashes.append(time.monotonic())
    if place.server:
        place.server.stop()
    place.server = None


def _refuse_unfit(place: _Place) -> None:
    if len(place.crashes) == CRASHES and time.monotonic() - place.crashes[0] < CRASH_WINDOW_S:
        raise EngineUnfit(
            f"The language model's engine ended {CRASHES} times within a minute with {place.model.name}.",
            "Wait a minute, or choose another model. See what is broken: python3 installer doctor",
        )


@cache
def shared() -> Supervisor:
    """Return this process's own; its servers are stopped when the process ends."""
    supervisor = Supervisor()
    atexit.register(supervisor.stop)
    return supervisor
