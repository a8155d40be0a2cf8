"""llama.cpp's converters, imported once: what a test converts then starts from there, still in a process of its own.

A conversion of a tiny model is two to three seconds of imports (torch, transformers, gguf) and a tenth of work, and some
tests convert a dozen. For tests of what a converter gives; how it is started and ended is tested with the real program.

    pytestmark = pytest.mark.usefixtures("warm_converters")
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.models.conversion import launcher

_COMMAND_PARTS = 6  # python -s -P -m MODULE REQUEST
_APART = multiprocessing.get_context("forkserver")
_APART.set_forkserver_preload(["tests.imported_converters"])


def _convert(command: Sequence[str], folder: Path) -> None:
    os.chdir(folder)
    with (folder / "output.txt").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.argv = ["launcher", command[-1]]
        launcher.main()


def run(command: Sequence[str], *, folder: Path, report: Callable[[], None] = lambda: None) -> int:
    assert len(command) == _COMMAND_PARTS and command[-2] == launcher.__name__
    process = _APART.Process(target=_convert, args=(command, folder))
    process.start()
    while process.is_alive():
        report()
        time.sleep(0.02)
    return process.exitcode or 0
