"""Who may ask, how often and how many at once."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from starlette.datastructures import Headers

from core.deploy.limits import Limits
from core.deploy.refusal import Refused

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MINUTE_S = 60.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: by the id of their key; None where no key is needed."""

    key_id: str | None


class Door(Protocol):
    """Knows the keys. Called in a thread of its own."""

    def admit(self, presented: str | None) -> Caller:
        """Return who presents this key, None being none at all.

        Raises:
            Refused: a key is needed, or this one does not open the service.
        """
        ...

    def stands(self, caller: Caller) -> bool:
        """Return whether somebody who was admitted still would be."""
        ...


class Admission:
    """Lets requests in: first the key, then the pace, then a place."""

    def __init__(self, door: Door, limits: Limits) -> None:
        self._door, self._limits = door, limits
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="door")
        self._asked: dict[str | None, deque[float]] = {}  # times of the last minute's requests by key
        self._taken = 0

    async def admit(self, headers: Headers) -> Caller:
        """Return who asks.

        Raises:
            Refused: the key is missing or wrong, or the request comes from a page of a browser.
        """
        caller = await self._in_thread(lambda: self._door.admit(_presented(headers)))
        if caller.key_id is None:
            _refuse_pages(headers)
        return caller

    async def stands(self, caller: Caller) -> bool:
        """Return whether somebody who was admitted still would be."""
        return await self._in_thread(lambda: self._door.stands(caller))

    def count(self, caller: Caller) -> None:
        """Count a request against the limit of its key.

        Raises:
            Refused: there were too many within a minute.
        """
        now_s, most = time.monotonic(), self._limits.requests_a_minute
        asked = self._asked.setdefault(caller.key_id, deque(maxlen=most))
        while asked and asked[0] <= now_s - MINUTE_S:
            asked.popleft()
        if len(asked) >= most:
            wait_s = int(asked[0] + MINUTE_S - now_s) + 1
            raise _too_many(f"A key may ask {most} times a minute.", wait_s)
        asked.append(now_s)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for the time of the block.

        Raises:
            Refused: all are taken.
        """
        if self._taken >= self._limits.requests_at_once:
            raise _too_many(f"{self._taken} requests are being answered, which is the limit.", 1)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def _in_thread(self, act: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


def _presented(headers: Headers) -> str | None:
    """Return the key of an `Authorization: Bearer` header; None without the header, "" if it is of another kind."""
    told = headers.get("authorization")
    if told is None:
        return None
    kind, _, key = told.partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""


def _refuse_pages(headers: Headers) -> None:
    """Refuse a request that a web page made a browser on this machine send, where no key would stop it.

    A page of another site is told by its `Origin`; one whose name was pointed at this machine (DNS rebinding), by `Host`.
    """
    name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if "origin" in headers or name.strip("[]") not in LOOPBACK:
        raise Refused(403, "web_page", "Web pages may not use this service, and programs must call it 127.0.0.1.")


def _too_many(message: str, wait_s: int) -> Refused:
    return Refused(429, "rate_limit_exceeded", message, retry_after_s=wait_s)
