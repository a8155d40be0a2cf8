"""Smoke tests of native libraries: a library that can be imported may still not work on this CPU.

    python -m core.cli.trials [NAME …]     a line of JSON for each: {"name", "is_ok", "words"}

Each trial runs in a separate process, because a library built for another CPU kills the process that runs it.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.models.engine.crash import ended_by

TRIALS = {  # library -> the function that tries it, as module:function
    "llama.cpp": "core.models.trials:write_tokens",
    "torch": "core.models.trials:multiply_matrices",
    "bitsandbytes": "core.models.trials:quantize_weights",
    "pdfium": "core.documents.trials:read_page",
    "onnxruntime": "core.documents.trials:read_picture",
    "spaCy": "core.privacy.detection.networks.trials:find_name",
}
LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a trial; `words` say what was done or what went wrong."""

    name: str
    is_ok: bool
    words: str


def attempt(name: str, function: str = "") -> Outcome:
    """Try one library in a separate process, with its function in `TRIALS` or another one."""
    function = function or TRIALS[name]
    command = [sys.executable, "-c", f"from core.cli import trials; trials.work({function!r})"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return Outcome(name, False, f"did not end within {LIMIT_S} s on {processor()}")
    if done.returncode < 0:
        return Outcome(name, False, f"ended with {ended_by(done.returncode)} on {processor()}")
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return Outcome(name, done.returncode == 0, said[-1] if said else f"ended with status {done.returncode}")


def work(function: str) -> None:
    """Run a trial's function and print its result, which becomes the last line of the output."""
    module, _, name = function.partition(":")
    print(getattr(importlib.import_module(module), name)())


def processor() -> str:
    """Return the CPU's model name, with "(AMX)" if it has that extension, on which some llama.cpp builds crash."""
    said: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0].splitlines():
            key, _, value = line.partition(":")
            said[key.strip()] = value.strip()
    except OSError:
        return os.uname().machine
    return said.get("model name", os.uname().machine) + (" (AMX)" if "amx_tile" in said.get("flags", "").split() else "")


def main(names: Sequence[str]) -> None:
    """Try the named libraries, or all of them."""
    for name in names or TRIALS:
        print(json.dumps(asdict(attempt(name))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
