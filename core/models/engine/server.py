"""One llama-server process on a private Unix socket: starting it, waiting for it, watching it, stopping it."""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess  # noqa: S404 starts llama.cpp's own server
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import GarrisonError, Hint, SetupError
from core.models.engine.client import Client, over_socket
from core.models.engine.crash import EngineCrashed, Moment, cannot_load
from core.models.engine.program import server_program
from core.processes import bound_to_this

START_S = 600.0  # allowed for loading a large model from a slow disk
POLL_S = 0.02
REPORT_S = 5.0  # wait for the exit status of a process whose connection broke
STOP_S = 5.0
LONGEST_SOCKET = 100  # bytes of a socket's path; the system allows 107 (unix(7))
PREFIX = "garrison-engine-"
FOREIGN = ("LLAMA_", "AIP_", "HF_", "GGML_")  # environment variables that set llama-server options or make it download


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Model, adapters and limits to start a server with."""

    model: Path
    adapters: tuple[Path, ...] = ()  # GGUF files; none is applied unless a request asks for it
    threads: int = 1
    context_tokens: int = 4096  # for all conversations together; each is also limited to the model's own context length
    slots: int = 4  # conversations answered in parallel


class Server:
    """A running llama-server. It ends with the thread that created this object."""

    def __init__(self, plan: Plan) -> None:
        """Start the process; call `wait` before sending requests.

        Raises:
            SetupError: llama-server, the model or an adapter is missing.
        """
        program = server_program()
        if missing := next((path for path in (plan.model, *plan.adapters) if not path.is_file()), None):
            raise cannot_load(missing)
        self.plan = plan
        self._folder, self._lock = _private_folder()
        key = secrets.token_urlsafe(32)
        self._moment: Moment = "loaded the model"
        self._stopping = threading.Event()
        self.client = Client(over_socket(self._folder / "engine.sock", key), why_gone=self._why_gone)
        self._process = subprocess.Popen(  # noqa: S603 a program of the installation
            bound_to_this([str(program), *self._arguments()]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # discarded: its output may quote a prompt
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=_environment(key),
            start_new_session=True,  # Ctrl-C reaches only the parent, which then stops the server
        )

    def _arguments(self) -> list[str]:
        plan = self.plan
        adapters = []
        for number, path in enumerate(plan.adapters):  # linked under plain names: a comma in a path would split it
            link = self._folder / f"{number}.gguf"
            link.symlink_to(path.resolve())
            adapters.append(link.name)
        return [
            "--model", str(plan.model.resolve()),
            "--host", str(self._folder / "engine.sock"),
            "--offline", "--no-ui", "--no-slots", "--no-webui", "--log-disable", "--no-mmproj",
            "--ctx-size", str(plan.context_tokens), "--parallel", str(plan.slots), "--kv-unified",
            "--cache-ram", "0", "--no-cache-idle-slots", "--no-context-shift",
            "--threads", str(plan.threads), "--threads-batch", str(plan.threads),
            *(["--lora", ",".join(adapters), "--lora-init-without-apply"] if adapters else []),
        ]  # fmt: skip

    @property
    def pid(self) -> int:
        """Process id, for monitoring from outside."""
        return self._process.pid

    def wait(self, longest_s: float = START_S) -> None:
        """Wait until the model is loaded.

        Raises:
            EngineCrashed: the process was killed by a signal.
            SetupError: llama.cpp cannot load the model, or loading takes longer than `longest_s`.
        """
        deadline_s = time.monotonic() + longest_s
        while not (self._listens() and self.client.is_ready()):
            ended = self._process.poll()
            if ended is not None:
                self.stop()
                raise EngineCrashed(ended, self._moment) if ended < 0 else cannot_load(self.plan.model, self.plan.adapters)
            if time.monotonic() > deadline_s:
                self.stop()
                raise SetupError(
                    f"Loading {self.plan.model.name} took more than {longest_s:.0f} s.",
                    "Close other programs, or choose a smaller model.",
                )
            time.sleep(POLL_S)
        self._moment = "answered"

    def _listens(self) -> bool:
        """Return whether the socket accepts connections. Uses a plain socket: httpcore leaks one that was refused."""
        try:
            with socket.socket(socket.AF_UNIX) as tried:
                tried.connect(str(self._folder / "engine.sock"))
                return True
        except OSError:
            return False

    def is_alive(self) -> bool:
        """Return whether the process is running."""
        return self._process.poll() is None

    def crash(self) -> EngineCrashed | None:
        """Return the error that says how the process ended; None if it is running or was stopped by `stop`."""
        ended = self._process.poll()
        return None if ended is None or self._stopping.is_set() else EngineCrashed(ended, self._moment)

    def stop(self) -> None:
        """End the process and remove its folder. Calling it twice is harmless."""
        if self.is_alive():
            self._stopping.set()  # only now: a process that ended by itself stays a crash for all waiting callers
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.client.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _why_gone(self, error: Exception) -> GarrisonError:
        """Build the error for a broken connection. A killed process is reaped only after its sockets close: wait first."""
        try:
            self._process.wait(REPORT_S)
        except subprocess.TimeoutExpired:
            return SetupError(
                f"The language model's engine does not answer ({type(error).__name__}).",
                Hint(
                    "Try again. If it happens again, ask whoever installed Garrison to see what is broken.",
                    command="python3 installer doctor",
                ),
            )
        if self._stopping.is_set():
            return SetupError("The language model's engine was stopped while it answered.", "Try again.")
        return EngineCrashed(self._process.returncode, self._moment)


def _environment(key: str) -> dict[str, str]:
    """Return the process's environment: ours without llama-server's option variables, plus its API key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"LLAMA_API_KEY": key, "GGML_NO_BACKTRACE": "1"}  # do not start a debugger on abort


def _private_folder() -> tuple[Path, int]:
    """Create a folder only this account can access and lock it as in use, after removing abandoned ones."""
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent / f"{PREFIX}12345678/engine.sock")) > LONGEST_SOCKET:
        parent = Path("/tmp")  # noqa: S108 a folder of mode 700 with a random name is made in it
    _clear(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _clear(parent: Path) -> None:
    """Remove folders left by killed processes: no longer locked, and older than a minute."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            status = folder.lstat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < 60:
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
