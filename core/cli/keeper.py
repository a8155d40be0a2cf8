"""Supervise the dashboard's process: restart it when it crashes, end it together with the supervisor."""

import signal
import subprocess  # noqa: S404 starts our own dashboard
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from core.models.engine.crash import ended_by
from core.processes import bound_to_this

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_S = 60.0  # a run longer than this resets the pause
STOP_S = 8.0  # shorter than the time systemd and people wait before killing
ASKED_TO_STOP = (signal.SIGTERM, signal.SIGINT)


class _StopError(Exception):
    """This process was asked to stop."""


def keep(command: Sequence[str], *, folder: Path, variables: Mapping[str, str]) -> int:
    """Run `command` until it exits with status 0 or this process is asked to stop; return the exit status.

    A command that crashes is reported in one line and restarted after a pause, which doubles with each crash up to
    LONGEST_PAUSE_S and is reset after a run longer than STEADY_S. One that exits with an error within STEADY_S is not
    retried forever: after the third time in a row its status is returned, for whatever supervises this process.
    """

    def on_signal(number: int, _frame: FrameType | None) -> None:
        raise _StopError

    before = {number: signal.signal(number, on_signal) for number in ASKED_TO_STOP}
    child: subprocess.Popen[bytes] | None = None
    pause_s, early = FIRST_PAUSE_S, 0
    try:
        while True:
            started_s = time.monotonic()
            child = subprocess.Popen(  # noqa: S603 our own interpreter and module
                bound_to_this(command), cwd=folder, env=dict(variables), start_new_session=True
            )
            status = child.wait()
            lasted_s = time.monotonic() - started_s
            if status == 0:
                return 0
            early = early + 1 if status > 0 and lasted_s < STEADY_S else 0
            if early == 3:
                return status
            pause_s = FIRST_PAUSE_S if lasted_s > STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            print(f"Garrison: the dashboard ended with {ended_by(status)}; it is begun anew.", file=sys.stderr, flush=True)
            time.sleep(pause_s)
    except _StopError:
        return 0
    finally:
        for number in ASKED_TO_STOP:
            signal.signal(number, signal.SIG_IGN)  # ignore a second Ctrl-C until the child has ended
        if child and child.poll() is None:
            _end(child)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
