"""Child processes that end with whoever started them, however that one ends."""

import os
import signal
import sys
from collections.abc import Sequence

# A tiny program that becomes another one: `preexec_fn` is not safe beside threads. The kernel's signal for a lost parent
# (prctl(2), PR_SET_PDEATHSIG = 1) survives `execv`. A limit of one byte keeps a crash from writing what is in memory, which
# are people's texts, to a core file or to a collector of them (core(5); the kernel takes 1 as "no dump" for both).
_LAUNCHER = """
import ctypes, os, resource, sys
parent, number, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ctypes.CDLL(None).prctl(1, number)
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
limit = 0 if hard == 0 else 1
resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
if os.getppid() != parent:
    sys.exit(1)
os.execv(program[0], program)
"""


def bound_to_this(command: Sequence[str], *, by: signal.Signals = signal.SIGKILL) -> list[str]:
    """Return the command that runs `command` (a full path first) and gets the signal `by` when its parent is gone.

    The parent is the *thread* that starts it: start it from one that lives as long as the child is wanted.
    """
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(int(by)), *command]
