"""Listen to an answer without being held up: a model that still reads its prompt says nothing for a while."""

import queue
import threading
from collections.abc import Generator

from core.models.text import Pace

EVERY_S = 0.2


def with_pauses(stream: Generator[str, None, Pace], *, every_s: float = EVERY_S) -> Generator[str | None, None, Pace]:
    """Yield the pieces of `stream`, and None whenever nothing came for `every_s` seconds; return its pace.

    The stream runs in a thread of its own. Closing this generator returns at once, and the stream is closed, which stops
    the model, as soon as its next piece comes.

    Args:
        stream: an answer that has not begun, as from `ChatModel.stream`.
        every_s: longest silence in seconds.

    Raises:
        Exception: whatever the stream raises.
    """
    told: queue.SimpleQueue[str | Pace | BaseException] = queue.SimpleQueue()
    left = threading.Event()
    threading.Thread(target=_read, args=(stream, told, left), name="answer", daemon=True).start()
    try:
        while True:
            try:
                piece = told.get(timeout=every_s)
            except queue.Empty:
                yield None
                continue
            if isinstance(piece, Pace):
                return piece
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        left.set()


def _read(
    stream: Generator[str, None, Pace], told: "queue.SimpleQueue[str | Pace | BaseException]", left: threading.Event
) -> None:
    try:
        while not left.is_set():
            told.put(next(stream))
    except StopIteration as end:
        told.put(end.value)
    except BaseException as error:  # raised again where the answer is listened to
        told.put(error)
    finally:
        stream.close()
