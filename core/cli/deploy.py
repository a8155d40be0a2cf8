"""`garrison deploy`: a model, a run or an export as a service for other programs."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import taking
from core.cli.shell import shell_of
from core.cli.sources import reporter


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command()(deploy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the service listens, and its limits."""

    name: Annotated[str, typer.Option(help="What clients call the model; without, its own name or id.")] = ""
    documents: Annotated[str, typer.Option(help="Project whose approved text answers may be made from.")] = ""
    host: Annotated[str, typer.Option(help="Address to listen on; others than 127.0.0.1 need keys and TLS.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8600
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate with its chain (PEM).")] = None
    private_key: Annotated[Path | None, typer.Option(help="The certificate's private key (PEM).")] = None
    requests_at_once: Annotated[int, typer.Option(help="Answered or waiting; more are refused.", min=1, max=200)] = 32
    requests_a_minute: Annotated[int, typer.Option(help="Of one key; more are refused.", min=1, max=100_000)] = 120
    slots: Annotated[int, typer.Option(help="Answers written in parallel.", min=1, max=64)] = 4
    answer_tokens: Annotated[int, typer.Option(help="Longest answer in tokens.", min=1, max=1_000_000)] = 4096
    body_kib: Annotated[int, typer.Option("--body-kib", help="Largest request in KiB.", min=1, max=65_536)] = 1024
    request_seconds: Annotated[int, typer.Option(help="Longest time for one request.", min=1, max=86_400)] = 600
    grace_seconds: Annotated[int, typer.Option(help="To finish answers when stopped.", min=0, max=3600)] = 10
    unit: Annotated[bool, typer.Option("--unit", help="Print a systemd unit for this command, and end.")] = False


@taking(Options)
def deploy(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A model's name, the id of a run or an export, or the path of a GGUF.")],
    options: Options,
) -> None:
    """Serve a model to other programs, in the form of OpenAI's interface, until Ctrl-C or SIGTERM."""
    from core.deploy.limits import Limits
    from core.services.deploy.deployed import find_deployed
    from core.services.deploy.deploying import Address, deploy
    from core.services.deploy.stored_documents import open_documents

    shell = shell_of(context)
    address = Address(
        host="127.0.0.1" if options.host == "localhost" else options.host,
        port=options.port,
        certificate=options.certificate,
        private_key=options.private_key,
    )
    if options.unit:
        from core.cli.unit import unit

        print(unit(shell.workspace.home, address, sys.argv, grace_s=options.grace_seconds), end="")
        return
    limits = Limits(
        requests_at_once=options.requests_at_once,
        requests_a_minute=options.requests_a_minute,
        body_bytes=options.body_kib << 10,
        answer_tokens=options.answer_tokens,
        request_s=options.request_seconds,
        grace_s=options.grace_seconds,
        slots=options.slots,
    )
    deployed = find_deployed(shell.workspace, what, name=options.name)

    documents = None
    if options.documents:
        documents = open_documents(shell.workspace, shell.workspace.project(options.documents), report=reporter())

    def on_ready(needs_key: bool) -> None:
        keys = "" if needs_key else " (no key is needed: none was made yet)"
        read = f", and answers from the documents of {documents.project.name}" if documents else ""
        print(f"Garrison serves {deployed.served.name}: {address.url}{keys}{read}", file=sys.stderr, flush=True)

    used = deploy(shell.workspace, deployed, address, limits=limits, on_ready=on_ready, documents=documents)
    shell.show(used, f"Ended after {used.requests} requests, {used.tokens_out} tokens written.")
