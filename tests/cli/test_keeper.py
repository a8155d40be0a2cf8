"""`garrison serve` keeps the dashboard's process: one that dies is begun anew, jobs are left alone."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core import jobs
from core.jobs.queue import is_alive
from core.records import Job
from core.storage import Workspace, find
from tests.children import children_of
from tests.served import ANSWER_S, free_port

KEEPER = (
    "import os, sys; from pathlib import Path; from core.cli import keeper\n"
    "keeper.FIRST_PAUSE_S = 0.05\n"
    "sys.exit(keeper.keep([sys.executable, '-c', sys.argv[1]], folder=Path.cwd(), variables=os.environ))"
)
STAY = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


@pytest.fixture
def kept():
    """Start a keeper of a program; it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", KEEPER, program]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for keeper in started:
        keeper.kill()
        keeper.communicate()


def _is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 15
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_one_that_dies_is_begun_anew_and_told_in_one_line(kept, number):
    keeper = kept(STAY)
    first = int(keeper.stdout.readline())
    os.kill(first, number)
    assert int(keeper.stdout.readline()) != first
    assert keeper.stderr.readline() == f"Garrison: the dashboard ended with {number.name}; it is begun anew.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_asked_to_stop_ends_both(kept, number):
    keeper = kept(STAY)
    child = int(keeper.stdout.readline())
    keeper.send_signal(number)
    assert keeper.wait(30) == 0
    assert _is_gone(child)


def test_killing_the_keeper_ends_what_it_keeps(kept):
    keeper = kept(STAY)
    child = int(keeper.stdout.readline())
    keeper.kill()
    assert _is_gone(child)


def test_one_that_ends_well_is_not_begun_again(kept):
    assert kept("print('done')").wait(30) == 0


def test_one_that_never_gets_to_work_is_given_up_with_its_status(kept):
    keeper = kept("import sys; sys.exit(5)")
    told = keeper.communicate(timeout=60)[1]
    assert keeper.returncode == 5
    assert told.count("begun anew") == 2


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def _until(is_so) -> None:
    deadline = time.monotonic() + ANSWER_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _dashboard(server: "subprocess.Popen[bytes]") -> psutil.Process:
    """The process that listens, among those that `serve` started."""
    _until(lambda: bool(children_of(server.pid, "app.py")))
    return children_of(server.pid, "app.py")[0]


@pytest.mark.model  # the sample project that a new workspace begins with
def test_after_kill_9_the_dashboard_answers_again_and_a_running_job_goes_on(tmp_path: Path):
    port, home = free_port(), tmp_path / "home"
    command = [sys.executable, "-m", "core.cli.app", "--home", str(home), "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    workspace = Workspace(home)
    try:
        _until(lambda: _answers(port))
        _until(lambda: any(job.pid for job in find(workspace.db, Job, state="running")))
        [job] = find(workspace.db, Job, state="running")  # the sample project is being made
        first = _dashboard(server)
        first.kill()
        assert _is_gone(first.pid)
        _until(lambda: _answers(port))
        assert _dashboard(server).pid != first.pid
        [after] = find(workspace.db, Job, id=job.id)
        assert (after.pid, is_alive(after) or after.state == "done") == (job.pid, True)
        assert "ended with SIGKILL; it is begun anew" in (tmp_path / "log").read_text(encoding="utf-8")
        jobs.cancel(workspace, job.id)
    finally:
        server.terminate()
        assert server.wait(30) == 0
        assert not _answers(port)
        for job in find(workspace.db, Job, state="running"):
            psutil.Process(job.pid).kill()
        workspace.close()
