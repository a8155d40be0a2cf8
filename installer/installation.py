"""Turns a bare checkout into one that runs, in steps that can each be interrupted and repeated."""

from pathlib import Path
from typing import IO

import embedded
import engine
import environment
import machine
import packages
from console import detail, say, step
from environment import Place

# Packages and models take 3.3 GB, measured with the CPU build of torch; pip needs further space
# for what it downloads and unpacks.
DISK_BYTES = 6 * machine.GIB


def install(place: Place, *, for_tests: bool = False, allow_cuda: bool = False) -> None:
    """Install whatever is not installed yet; takes seconds if nothing is missing.

    Args:
        place: The checkout.
        for_tests: Also install what the tests need.
        allow_cuda: Accept a CUDA build of torch even without an NVIDIA GPU.

    Raises:
        Stop: This machine lacks something, or pip failed.
    """
    if environment.is_complete(place, for_tests=for_tests):
        say("• Everything is installed")
        return
    with environment.held(place) as lock:
        with step("Checking this machine"):
            machine.check_python()
            machine.check_disk(place.root, DISK_BYTES - size_bytes(place.venv))
        with step(f"Making the environment {place.venv}"):
            environment.make(place)
            environment.mark_incomplete(place)
            for name in environment.mend(place.site):
                detail(f"{name.removesuffix('.dist-info')} was cut off: it will be installed again")
        install_packages(place, lock, for_tests=for_tests, allow_cuda=allow_cuda)
        with step("Putting the embedded models in place"):
            for pin in embedded.load_pins(place.model_pins):
                embedded.install(place, pin, lock)
        engine.prove(place, lock)
        if for_tests:
            environment.mark_complete(place, for_tests=True)
        environment.mark_complete(place, for_tests=False)


def install_packages(place: Place, lock: IO[bytes], *, for_tests: bool, allow_cuda: bool) -> None:
    """Install the locked packages, llama.cpp and the project, after checking which torch build pip would choose."""
    origin = "wheelhouse/, no index" if packages.source_options(place) else "where pip's settings say"
    with step(f"Looking at what pip would install ({origin})"):
        packages.install_pip(place, lock)
        torch_build = packages.check_torch(place, has_gpu=machine.has_nvidia_gpu(), allow_cuda=allow_cuda)
        engine.check(place)
    for lock_file in [place.lock, *([place.test_lock] if for_tests else [])]:
        with step(f"Installing {len(packages.pins(lock_file))} packages of {lock_file.name}"):
            packages.install_locked(place, lock_file, lock, torch_build=torch_build)
    packages.install_cuda(place, lock)
    engine.install(place, lock)
    with step("Installing Garrison itself"):
        packages.install_project(place, lock)


def size_bytes(folder: Path) -> int:
    """Return the total size in bytes of the files below `folder`; 0 if it does not exist."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_symlink() and path.is_file())
