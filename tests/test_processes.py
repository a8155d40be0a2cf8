"""Children that end with whoever started them."""

import os
import resource
import signal
import subprocess
import sys
import time

import psutil
import pytest

from core.processes import bound_to_this

PARENT = (
    "import subprocess, sys, time; from core.processes import bound_to_this\n"
    "child = subprocess.Popen(bound_to_this([sys.executable, '-c', 'import time; time.sleep(60)']))\n"
    "print(child.pid, flush=True); time.sleep(60)"
)


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_child_ends_when_its_parent_is_killed(end):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        time.sleep(0.5)  # the child has become its program
        assert not _is_gone(child)
        parent.send_signal(end)
        parent.wait()
    deadline = time.monotonic() + 10
    while not _is_gone(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _is_gone(child)


def test_a_child_that_crashes_leaves_no_picture_of_its_memory():
    told = subprocess.run(
        bound_to_this([sys.executable, "-c", "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"]),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = 0 if hard == 0 else 1  # 1: neither a file nor a collector, see core(5)
    assert told.strip() == str((limit, limit))


def test_a_child_keeps_its_arguments_and_its_status():
    program = "import sys; print(sys.argv[1:]); sys.exit(7)"
    done = subprocess.run(
        bound_to_this([sys.executable, "-c", program, "a b", "$HOME"]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (7, "['a b', '$HOME']")


def test_a_child_whose_parent_was_gone_already_does_not_begin():
    command = bound_to_this([sys.executable, "-c", "print('begun')"])
    command[command.index(str(os.getpid()))] = "1" if os.getppid() != 1 else "2"  # somebody else
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""
