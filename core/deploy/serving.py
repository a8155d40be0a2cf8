"""Runs a service on an address until it is asked to stop: TLS, signals, time to finish answers."""

import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from core.crash_reports import record_crash
from core.deploy.app import Service, build_app
from core.deploy.connection import Connection
from core.deploy.limits import CONNECTIONS, HEAD_BYTES
from core.deploy.meters import Use
from core.errors import GarrisonError, Hint, InputError, SetupError

ASKED_TO_STOP = (signal.SIGTERM, signal.SIGINT)
BOOKS_S = 10.0
START_LOOK_S = 0.01
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2: forward secrecy and authenticated encryption alone


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn sends itself the one it was stopped by once more, which would end the clean-up."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Raises:
        SetupError: the address is not this machine's, or taken.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupError(
            f"Port {port} of {host} cannot be used ({error.strerror}).", Hint("Choose another one.", command="--port PORT")
        ) from error
    return listener


def tls_context(certificate: Path, private_key: Path) -> ssl.SSLContext:
    """Return what is needed to speak TLS 1.2 or newer with this certificate (PEM, with its chain) and its key.

    Raises:
        InputError: a file is missing, cannot be read, or does not fit the other.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    try:
        context.load_cert_chain(certificate, private_key, password="")  # noqa: S106 none: nobody is there to type it
    except (OSError, ssl.SSLError, ValueError) as error:
        raise InputError(
            f"The certificate {certificate} and the key {private_key} cannot be used.",
            "Give PEM files that belong together, the key without a passphrase and readable for this account.",
        ) from error
    return context


async def serve(
    service: Service,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    *,
    asked_to_stop: asyncio.Event,
    keep_books: Callable[[Use], None],
    on_ready: Callable[[], None],
) -> None:
    """Answer requests until it is asked to stop; then finish what is being answered.

    Args:
        service: what answers.
        listener: a bound socket; closed at the end.
        tls: from `tls_context`, or None for plain http.
        asked_to_stop: set when it is to end.
        keep_books: called in a thread of its own, every few seconds and at the end, with what was used since.
        on_ready: called once requests can be answered.

    Raises:
        SetupError: the engine cannot be started or cannot load the model.
    """
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # they print requests and errors with their words
    server = _Server(_config(service, tls))
    running = asyncio.ensure_future(_run(service, server, listener, on_ready=on_ready))
    books, stopped = asyncio.ensure_future(_books(service, keep_books)), asyncio.ensure_future(asked_to_stop.wait())
    try:
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not server.started:
            running.cancel()  # nobody could ask yet
        server.should_exit = True
        asyncio.get_running_loop().call_later(service.limits.grace_s, service.is_stopping.set)
        with suppress(asyncio.CancelledError):
            await running
    finally:
        for task in (books, stopped):
            task.cancel()
        await asyncio.gather(books, stopped, return_exceptions=True)
        await asyncio.to_thread(keep_books, service.meters.take())
        listener.close()


@contextmanager
def stopped_by_signals(event: asyncio.Event) -> Iterator[None]:
    """Set the event when this process is asked to stop."""
    loop = asyncio.get_running_loop()
    for number in ASKED_TO_STOP:
        loop.add_signal_handler(number, event.set)
    try:
        yield
    finally:
        for number in ASKED_TO_STOP:
            loop.remove_signal_handler(number)


async def _run(service: Service, server: uvicorn.Server, listener: socket.socket, *, on_ready: Callable[[], None]) -> None:
    async with service.engine.kept():
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(START_LOOK_S)
        on_ready()
        await serving


async def _books(service: Service, keep_books: Callable[[Use], None]) -> None:
    while True:
        await asyncio.sleep(BOOKS_S)
        use = service.meters.take()
        try:
            await asyncio.to_thread(keep_books, use)
        except (GarrisonError, OSError) as error:  # the database is busy, or the disk full: with the next ones
            record_crash(error)
            service.meters.put_back(use)


def _config(service: Service, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(service),
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=int(service.limits.grace_s) + 5,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )
