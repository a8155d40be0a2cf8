"""`doctor`: prints one line for each thing that can be wrong. Changes nothing."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import embedded
import environment
import machine
import packages
import trials
from console import say
from environment import Place

LOW_DISK_BYTES = 2 * machine.GIB  # a project with a trained adapter and its checkpoints takes a few hundred MB

# Run by the environment's Python.
PROBE = """
import os, core, core.offline
unset = [n for n, v in core.offline.OFFLINE_VARIABLES.items() if os.environ.get(n) != v]
print("offline", len(core.offline.OFFLINE_VARIABLES), ",".join(unset) or "-", flush=True)
import torch
print("device", torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. "broken" makes the exit status 1; "note" does not."""

    subject: str
    state: Literal["ok", "note", "broken"]
    words: str


def report(place: Place, port: int) -> int:
    """Print each finding as it is made; return 1 if anything is broken, else 0."""
    is_broken = False
    for finding in findings(place, port):
        say(f"{finding.state:7} {finding.subject:24} {finding.words}")
        is_broken = is_broken or finding.state == "broken"
    return int(is_broken)


def findings(place: Place, port: int) -> Iterator[Finding]:
    """Yield all findings, starting with the quickest checks."""
    yield Finding("python", "ok", sys.version.split()[0])
    yield disk(place)
    yield network()
    yield wheelhouse(place)
    if machine.is_port_free(port):
        yield Finding("port", "ok", f"{port} is free")
    else:
        yield Finding("port", "note", f"{port} is taken, perhaps by a Garrison that runs already")
    if not environment.is_usable(place):
        yield Finding("environment", "broken", "there is no usable .venv yet: python3 installer run")
        return
    yield installation(place)
    yield from versions(place)
    yield from models(place)
    yield from works(place)
    yield from probe(place)


def disk(place: Place) -> Finding:
    """Check the free disk space."""
    free = machine.free_bytes(place.root)
    return Finding("disk", "broken" if free < LOW_DISK_BYTES else "ok", f"{free / machine.GIB:.1f} GB free at {place.root}")


def network() -> Finding:
    """Check whether this machine can reach a network. Neither answer is a fault: Garrison does not use one."""
    names = machine.networks()
    if not names and not machine.has_default_route():
        return Finding("network", "ok", "none: only the loopback is up")
    way = "with a default route" if machine.has_default_route() else "without a default route"
    return Finding(
        "network", "note", f"a network is present ({', '.join(names) or 'no interface'}, {way}); Garrison does not use it"
    )


def wheelhouse(place: Place) -> Finding:
    """Report where packages come from: the wheelhouse or an index."""
    count = len(list(place.wheelhouse.glob("*.whl")))
    return Finding(
        "wheelhouse", "ok", f"{count} wheels, used instead of an index" if count else "empty; packages come from an index"
    )


def installation(place: Place) -> Finding:
    """Check whether the last installation was completed."""
    if environment.is_complete(place):
        return Finding("environment", "ok", f"complete at {place.venv}")
    return Finding("environment", "broken", "unfinished, or older than the pins: python3 installer run")


def versions(place: Place) -> Iterator[Finding]:
    """Compare installed packages with the lock: yield a line for each direct dependency, then one for all others."""
    locked = packages.pins(place.lock)
    project = tomllib.loads((place.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in project["dependencies"]]
    cut_off = environment.half_installed(place.site)
    others = []
    for name, wanted in sorted(locked.items()):
        version = environment.installed_version(place, name)
        is_right = version == wanted and not any(folder.startswith(f"{name.replace('-', '_')}-") for folder in cut_off)
        if name in direct:
            yield Finding(
                name, "ok" if is_right else "broken", version if is_right else f"{version or 'missing'}, not {wanted}"
            )
        elif not is_right:
            others.append(name)
    count = len(locked.keys() - set(direct))
    words = (
        f"{count} packages as locked"
        if not others
        else f"{len(others)} of {count} not as locked: {', '.join(others[:5])}{' …' if len(others) > 5 else ''}"
    )
    yield Finding("other packages", "broken" if others else "ok", words)


def models(place: Place) -> Iterator[Finding]:
    """Verify each embedded model by reading all of it."""
    for pin in embedded.load_pins(place.model_pins):
        fault = embedded.problem(place.models / pin.name, pin)
        yield Finding(pin.name, "broken" if fault else "ok", fault or f"{pin.format}, SHA-256 checked, {pin.license}")


def works(place: Place) -> Iterator[Finding]:
    """Try each native library on a small piece of real work."""
    for outcome in trials.attempt(place):
        yield Finding(outcome.name, "ok" if outcome.is_ok else "broken", outcome.words)


def probe(place: Place) -> Iterator[Finding]:
    """Check that Garrison starts and sets its offline variables, and report the device it would use."""
    done = subprocess.run(
        [str(place.python), "-c", PROBE],
        env=environment.child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    answers = {word: rest for word, _, rest in (line.partition(" ") for line in done.stdout.splitlines())}
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"ended by signal {-done.returncode}"])[-1]
        yield Finding("Garrison", "broken", f"does not start: {reason}")
        return
    count, _, unset = answers["offline"].partition(" ")
    yield Finding(
        "offline variables",
        "ok" if unset == "-" else "broken",
        f"all {count} set when Garrison starts" if unset == "-" else f"not set: {unset}",
    )
    device = answers["device"]
    has_gpu = machine.has_nvidia_gpu()
    idle = " (an NVIDIA GPU is here, and this build of torch does not use it)" if device == "cpu" and has_gpu else ""
    yield Finding("device", "note" if idle else "ok", device + idle)
