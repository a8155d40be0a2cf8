"""`garrison serve` and `demo`."""

import importlib.util
import os
import socket
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from core.cli.keeper import keep
from core.cli.shell import shell_of
from core.errors import InputError, SetupError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(serve)
    app.command()(demo)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="127.0.0.1 or localhost; with sign-in (secrets.toml) any other.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The dashboard's port.", min=1, max=65535)] = 8501,
    certificate: Annotated[Path | None, typer.Option(help="Serve https with this certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's private key (PEM).")] = None,
) -> None:
    """Serve the dashboard until Ctrl-C, to this machine or, with sign-in, to others. It is restarted if it crashes."""
    from core.services.sample import ensure_sample
    from core.sign_in import read_sign_in, secrets_path

    shell = shell_of(context)
    sign_in = read_sign_in(shell.workspace.home)
    is_here = host in LOOPBACK
    if not is_here and sign_in is None:
        raise InputError(f"The dashboard does not listen on {host}: it has no sign-in.", "Use 127.0.0.1.")
    if not is_here and sign_in and not sign_in.origin.startswith("https://"):
        raise InputError(
            f"The dashboard does not listen on {host}: its redirect_uri is not https.",
            "Sign-ins would be readable on the way.",
        )
    if (certificate is None) != (key is None):
        raise InputError("A certificate and its key go together.", "Give both: --certificate FILE --key FILE")
    secure = [] if certificate is None or key is None else _secure(certificate, key)
    listening = _free_address(host, port)
    spec = importlib.util.find_spec("dashboard")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("The dashboard is not installed.", "Run: python3 installer run")
    folder = Path(next(iter(spec.submodule_search_locations)))
    ensure_sample(shell.workspace)
    address = sign_in.origin if sign_in else f"http://{host}:{port}"
    print(f"Garrison: {address}", file=sys.stderr, flush=True)
    arguments = ["start.py", "run", "app.py", "--server.address", listening, "--server.port", str(port), *secure]
    if sign_in:
        arguments += ["--secrets.files", str(secrets_path(shell.workspace.home))]
    called = (urlsplit(sign_in.origin).hostname if sign_in else None) or host
    # given explicitly: when listening on all addresses, Streamlit would ask an outside service for its own
    arguments += ["--browser.serverAddress", called]
    for name in dict.fromkeys([*LOOPBACK, called]):
        arguments += ["--server.allowedHosts", name]  # host names browsers may use: others indicate an attack
    variables = os.environ | {"GARRISON_HOME": str(shell.workspace.home)}
    shell.workspace.close()
    # run in the folder with .streamlit/config.toml
    raise typer.Exit(keep([sys.executable, *arguments], folder=folder, variables=variables))


def _secure(certificate: Path, key: Path) -> list[str]:
    for file in (certificate, key):
        if not file.is_file():
            raise InputError(f"There is no file {file}.", "Check the path.")
    return ["--server.sslCertFile", str(certificate.resolve()), "--server.sslKeyFile", str(key.resolve())]


def _free_address(host: str, port: int) -> str:
    """Check that the port is free on `host` and return its numeric address; loopback names are returned unchanged.

    Numeric because the dashboard uses no name server.

    Raises:
        SetupError: the port cannot be used.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
            return host if host in LOOPBACK else str(tried.getsockname()[0])
    except OSError as error:
        raise SetupError(f"Port {port} cannot be used ({error.strerror}).", "Choose another one with --port.") from error


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the report is written.")] = Path("garrison-demo"),
    is_slice: Annotated[bool, typer.Option("--slice", help="A small part: does it all work here?")] = False,
) -> None:
    """Run the whole pipeline on the sample documents and write a report."""
    from core.services import demo

    shell = shell_of(context)
    job = shell.run(demo.Params(out=str(out.resolve()), is_slice=is_slice))
    result = demo.Result.of(job)
    shell.show(job.result, f"{result.verdict}\nReport: {result.report}")
