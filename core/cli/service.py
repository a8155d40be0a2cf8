"""`garrison serve` and `demo`."""

import importlib.util
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.cli.shell import shell_of
from core.errors import InputError, SetupError


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(serve)
    app.command()(demo)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Only this machine: 127.0.0.1 or localhost.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The dashboard's port.", min=1, max=65535)] = 8501,
) -> None:
    """Serve the dashboard on this machine until Ctrl-C."""
    from core.jobs.stages.sample import ensure_sample

    shell = shell_of(context)
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise InputError(f"The dashboard does not listen on {host}: it has no sign-in.", "Use 127.0.0.1.")
    _check_free(host, port)
    found = importlib.util.find_spec("dashboard")
    if found is None or not found.submodule_search_locations:
        raise SetupError("The dashboard is not installed.", "Run: python3 installer run")
    folder = Path(next(iter(found.submodule_search_locations)))
    ensure_sample(shell.workspace)
    print(f"Garrison: http://{host}:{port}", file=sys.stderr, flush=True)
    os.environ["GARRISON_HOME"] = str(shell.workspace.home)
    os.chdir(folder)  # where .streamlit/config.toml lies
    arguments = ["-m", "streamlit", "run", "app.py", "--server.address", host, "--server.port", str(port)]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 replaces this process, no shell


def _check_free(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        raise SetupError(f"Port {port} cannot be used ({error.strerror}).", "Choose another one with --port.") from error


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the report is written.")] = Path("garrison-demo"),
    is_slice: Annotated[bool, typer.Option("--slice", help="A small part: does it all work here?")] = False,
) -> None:
    """Run the whole path on the sample documents and write a report."""
    shell = shell_of(context)
    job = shell.run("demo", {"out": str(out.resolve()), "is_slice": is_slice})
    shell.show(job.result, f"{job.result['verdict']}\nReport: {job.result['report']}")
