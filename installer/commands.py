"""The command line of the installer, and what each command runs."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import doctor
import environment
import installation
import machine
import suite
from console import Stop, detail, exit_status, step
from environment import Place

DEFAULT_PORT = 8501
TARGETS = ["linux-x86_64-cpu", "linux-x86_64-cuda", "linux-aarch64-cpu", "linux-aarch64-cuda", "windows-x86_64-cpu"]


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    top = argparse.ArgumentParser(prog="python3 installer", description="Set Garrison up and start it.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="install what is missing, then serve the dashboard on this machine")
    run.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"of the dashboard (default {DEFAULT_PORT})")
    run.add_argument("--no-serve", action="store_true", help="install only")
    test = commands.add_parser("test", help="install what is missing, then run every check and test")
    part = test.add_mutually_exclusive_group()
    part.add_argument("--quick", action="store_true", help="style, types, and the tests without a browser or a model")
    part.add_argument("--slow", action="store_true", help="the tests that --quick leaves out")
    test.add_argument("pytest", nargs="*", metavar="-- PYTEST ARGUMENT", help="passed on to pytest")
    for command in (run, test):
        command.add_argument("--allow-cuda", action="store_true", help="take a CUDA build of torch without an NVIDIA GPU")
    check = commands.add_parser("doctor", help="say what is installed and what is broken")
    check.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"of the dashboard (default {DEFAULT_PORT})")
    commands.add_parser("lock", help="write the lock files from what .venv holds (for developers)")
    key = commands.add_parser("key", help="make a key that bundles are signed with")
    key.add_argument("file", type=Path, help="where the private key goes; the public one is put beside it")
    carried = commands.add_parser("bundle", help="build everything that a machine without a network needs")
    carried.add_argument("--target", default="linux-x86_64-cpu", choices=TARGETS)
    carried.add_argument("--out", type=Path, help="where the bundle is written (default: wheelhouse/bundles)")
    carried.add_argument(
        "--part-size", type=byte_count, default="3900M", help="largest file on the media (default %(default)s)"
    )
    carried.add_argument("--plan", action="store_true", help="say which wheels it takes and their size; write nothing")
    carried.add_argument("--wheels-only", action="store_true", help="fetch the wheels that exist for the target, no more")
    carried.add_argument("--sign", type=Path, metavar="KEY", help="the private key that signs it")
    carried.add_argument("--since", type=Path, metavar="MANIFEST", help="write only what changed since this bundle")
    carried.add_argument("--models", nargs="*", default=[], metavar="NAME", help="embedded models (default: all)")
    carried.add_argument(
        "--model-path", nargs="*", type=Path, default=[], metavar="DIR", help="further models, by their folder"
    )
    carried.add_argument("--models-only", action="store_true", help="models alone, for `garrison models import`")
    carried.add_argument("--fresh", action="store_true", help="build everything anew, with today's security patches")
    carried.add_argument("--version", default="", help="call it so instead of what pyproject.toml says")
    carried.add_argument(
        "--valid-days", type=int, default=0, help="refuse to install it after so many days (default: never)"
    )
    return top


def main(arguments: list[str]) -> int:
    """Run a command and return the exit status."""
    chosen = parser().parse_args(arguments)
    place = Place(Path(__file__).resolve().parent.parent)
    return exit_status(lambda: dispatch(chosen, place))


def dispatch(chosen: argparse.Namespace, place: Place) -> int:
    """Run the chosen command and return its exit status."""
    if chosen.command == "doctor":
        return doctor.report(place, chosen.port)
    if chosen.command == "lock":
        script = Path(__file__).with_name("lock.py")
        return subprocess.run([str(place.python), str(script)], env=environment.child_environment(), check=False).returncode
    if chosen.command in ("key", "bundle"):
        return in_environment(place)
    if chosen.command == "test":
        if not chosen.quick:
            suite.check_browser()
        installation.install(place, for_tests=True, allow_cuda=chosen.allow_cuda)
        return suite.run(place, "quick" if chosen.quick else "slow" if chosen.slow else "all", chosen.pytest)
    installation.install(place, allow_cuda=chosen.allow_cuda)
    if not chosen.no_serve:
        serve(place, chosen.port)
    return 0


def byte_count(text: str) -> int:
    """Parse a size such as `3900M` (3,900,000,000); units are powers of ten, as media are sold.

    Raises:
        ArgumentTypeError: The size is below 100K.
    """
    factor = {"K": 10**3, "M": 10**6, "G": 10**9}.get(text[-1:].upper(), 1)
    count = int(text.rstrip("KMGkmg")) * factor
    if count < 10**5:
        raise argparse.ArgumentTypeError("a part is at least 100K")
    return count


def in_environment(place: Place) -> int:
    """Run the same command again with the environment's Python, which has `cryptography`, and return its exit status.

    Raises:
        Stop: Nothing is installed here yet.
    """
    if not environment.is_complete(place):
        raise Stop("Garrison is not installed in this checkout yet.", "First: python3 installer run --no-serve")
    command = [str(place.python), str(Path(__file__).with_name("workshop.py")), *sys.argv[1:]]
    return subprocess.run(command, env=environment.child_environment(), check=False).returncode


def serve(place: Place, port: int) -> None:
    """Replace this process with `garrison serve`, which creates the sample project on first start. Never returns.

    Raises:
        Stop: The port is taken.
    """
    with step(f"Starting the dashboard on http://127.0.0.1:{port}"):
        if not machine.is_port_free(port):
            raise Stop(f"Port {port} is taken, perhaps by a Garrison that runs already.", "Choose another with --port.")
        detail("Ctrl-C stops it; long work it has begun goes on")
    command = [str(place.venv / "bin" / "garrison"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    os.execve(command[0], command, environment.child_environment())  # noqa: S606 - no shell is wanted
