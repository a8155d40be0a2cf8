"""Child processes that end when their parent does, however it ends."""

import os
import signal
import sys
from collections.abc import Sequence

# A tiny launcher that replaces itself with the real program, because `preexec_fn` is unsafe in a process with threads. The
# parent-death signal (prctl(2), PR_SET_PDEATHSIG = 1) survives `execv`. A core limit of one byte keeps a crash from writing
# memory, which holds people's texts, to a core file or a collector (core(5): the kernel takes 1 as "no dump" for both).
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


def bound_to_this(command: Sequence[str]) -> list[str]:
    """Wrap `command` (its first item a full path) so that it is killed when its parent ends.

    The parent is the *thread* that starts it: use one that lives as long as the child should.
    """
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(int(signal.SIGKILL)), *command]
