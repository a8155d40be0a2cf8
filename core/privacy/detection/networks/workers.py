"""Processes, one per core, that read pieces of text with models of their own: threads would wait for Python's lock.

A worker is `python -m core.privacy.detection.networks.worker MODEL…` with a line of JSON in (pieces) and a line out (what
was found in each).
Its input ends when this process ends, however it ends, and with it the worker. Nothing is written to files.
"""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import psutil

from core.errors import SetupError
from core.models.cpu_budget import thread_count
from core.records import Detection

if TYPE_CHECKING:
    from core.privacy.detection.networks.reader import DetectorResults

_MOST = 16
_BYTES_EACH = 1_000_000_000  # a worker used 0.4 to 0.5 GB; the rest is room for what it reads


def worker_count() -> int:
    """Return how many processes fit the cores and the memory that are free now, at least 1."""
    return max(1, min(thread_count(), psutil.virtual_memory().available // _BYTES_EACH, _MOST))


class Workers:
    """A pool of processes: batches in, results out in the same order, at most a few batches ahead."""

    def __init__(self, workers: Sequence["_Worker"]) -> None:
        self._count = len(workers)
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(max_workers=len(workers))  # they only wait for the pipes

    def read(self, batches: Iterable[Sequence[str]]) -> Iterator[list["DetectorResults"]]:
        """Yield, for each batch, what was found in each of its pieces.

        Raises:
            SetupError: a worker ended before it answered.
        """
        waiting: deque[Future[list[DetectorResults]]] = deque()
        for batch in batches:
            waiting.append(self._threads.submit(self._ask, batch))
            if len(waiting) > 2 * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def end(self) -> None:
        """Drop the batches that no worker has begun."""
        self._threads.shutdown(cancel_futures=True)

    def _ask(self, batch: Sequence[str]) -> list["DetectorResults"]:
        worker = self._idle.get()
        try:
            return worker.ask(batch)
        finally:
            self._idle.put(worker)


@contextmanager
def started(models: Sequence[Path], count: int) -> Iterator[Workers]:
    """Start `count` workers with these models (as for `open_reader`); all end with the block, whatever ended it."""
    workers: list[_Worker] = []
    pool: Workers | None = None
    try:
        for _ in range(count):
            workers.append(_Worker(models))
        pool = Workers(workers)
        yield pool
    finally:
        for worker in workers:
            worker.kill()
        if pool:
            pool.end()
        for worker in workers:
            worker.close()


class _Worker:
    def __init__(self, models: Sequence[Path]) -> None:
        command = [sys.executable, "-m", "core.privacy.detection.networks.worker", *map(str, models)]
        # a group of its own: Ctrl-C on the terminal is this process's to answer
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603

    def ask(self, pieces: Sequence[str]) -> list["DetectorResults"]:
        """Write the pieces and wait for the answer.

        Raises:
            SetupError: the worker ended before it answered.
        """
        line = b""
        if self.process.stdin and self.process.stdout:
            try:
                self.process.stdin.write(json.dumps(pieces).encode() + b"\n")
                self.process.stdin.flush()
                line = self.process.stdout.readline()
            except OSError:  # the pipe is closed: the worker ended
                line = b""
        if not line.endswith(b"\n"):
            raise SetupError(
                "A process that searched for personal data ended before it was done.",
                "Close other programs if memory is short, and start the search again.",
            )
        return [(_detections(first), _detections(second)) for first, second in json.loads(line)]

    def kill(self) -> None:
        """End the process now."""
        self.process.kill()

    def close(self) -> None:
        """Wait for the process to end, and close its pipes."""
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:  # unwritten data has no reader
                    continue


def _detections(told: Iterable[Sequence[Any]]) -> list[Detection]:
    return [Detection(start=d[0], end=d[1], entity=d[2], score=d[3], detector=d[4]) for d in told]
