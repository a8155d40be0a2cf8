"""Serve something until the process is asked to stop, with an entry in the audit log for both ends."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.deploy.app import Service
from core.deploy.documents import DocumentAnswers
from core.deploy.door import LOOPBACK
from core.deploy.embeddings import Embeddings
from core.deploy.engine import KeptEngine
from core.deploy.feedback import Keep
from core.deploy.limits import Limits
from core.deploy.meters import Meters, Use
from core.deploy.serving import listen, serve, stopped_by_signals, tls_context
from core.errors import Hint, InputError, SetupError
from core.models import registry
from core.models.embedder import EMBEDDING_MODEL, TOKENIZER, open_embedder
from core.records import AuditAction
from core.services.deploy.deployed import Deployed
from core.services.deploy.stored_documents import StoredDocuments
from core.services.deploy.stored_door import StoredDoor
from core.services.deploy.use import note_use
from core.services.feedback.sharing import keep_said
from core.storage import Permitted, Workspace, audit, transaction
from core.storage.api_keys import all_keys, has_keys

MAKE_KEY = Hint("Make a key first.", command="garrison key add --name NAME")
GIVE_BOTH = Hint("Give a certificate and its private key.", command="--certificate FILE --private-key FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a service listens: on this machine alone, or with a certificate and keys for others."""

    host: str = "127.0.0.1"
    port: int = 8600
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK

    @property
    def url(self) -> str:
        """What clients are pointed at."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/v1"


@dataclass(frozen=True, slots=True)
class _Opened:
    listener: socket.socket
    tls: ssl.SSLContext | None


def deploy(
    workspace: Workspace,
    deployed: Deployed,
    address: Address,
    *,
    limits: Limits,
    on_ready: Callable[[bool], None],
    documents: StoredDocuments | None = None,
) -> Use:
    """Serve until the process is asked to stop, and return what was used.

    Args:
        workspace: where keys and counts are stored.
        deployed: from `find_deployed`.
        address: where to listen.
        limits: how much to take in and give out.
        on_ready: called once requests can be answered, with whether they need a key.
        documents: from `open_documents`, to answer from these where a request asks for it; every request needs a key then.

    Raises:
        InputError: another address than this machine's is asked for without a key or a certificate, documents without a
            key, or documents of another project than that of what is served.
        SetupError: the address cannot be used, or the engine cannot load the model.
        AccessError: the acting person may not manage this machine.
    """
    permitted = workspace.allowed("manage machine")
    _check_documents(permitted, deployed, documents)
    opened, meters = _open(permitted, address), Meters()
    is_open = address.is_loopback and documents is None
    door = StoredDoor(permitted, project_id=deployed.project_id, is_open=is_open)

    def keep_books(use: Use) -> None:
        note_use(permitted, deployed.served.name, project_id=deployed.project_id, use=use, key_ids=door.take_used())

    is_begun = False

    def begin() -> None:
        nonlocal is_begun
        is_begun, started = True, {"port": address.port, "others": int(not address.is_loopback)}
        _note(permitted, "service started", deployed, documents, counts=started)
        on_ready(not is_open or has_keys(permitted.db))

    async def run() -> None:
        service = Service(
            engine=KeptEngine(deployed.served, limits, meters),
            embeddings=_embeddings(permitted),
            door=door,
            limits=limits,
            meters=meters,
            keep_feedback=_keeper(permitted, deployed),
            documents=DocumentAnswers(documents) if documents else None,
        )
        asked = asyncio.Event()
        with stopped_by_signals(asked):
            await serve(service, opened.listener, opened.tls, asked_to_stop=asked, keep_books=keep_books, on_ready=begin)

    asyncio.run(run())
    if is_begun:
        _note(permitted, "service stopped", deployed, documents, counts=_counts(meters))
    return meters.total


def _open(workspace: Permitted, address: Address) -> _Opened:
    if (address.certificate is None) != (address.private_key is None):
        raise InputError("A certificate and its key go together.", GIVE_BOTH)
    if not address.is_loopback:
        if address.certificate is None:
            raise InputError(
                f"The service does not listen on {address.host} without a certificate: keys would be readable on the way.",
                GIVE_BOTH,
            )
        if not _has_valid_key(workspace):
            raise InputError(f"The service does not listen on {address.host} without a key: anybody could ask it.", MAKE_KEY)
    tls = tls_context(address.certificate, address.private_key) if address.certificate and address.private_key else None
    return _Opened(listen(address.host, address.port), tls)


def _keeper(permitted: Permitted, deployed: Deployed) -> Keep | None:
    """Return what hands feedback of programs to the experts of the project that what is served belongs to."""
    project_id = deployed.project_id
    if project_id is None:
        return None
    answerer = deployed.run_id or deployed.served.name
    return lambda said: keep_said(permitted, project_id, said, answerer=answerer)


def _check_documents(workspace: Permitted, deployed: Deployed, documents: StoredDocuments | None) -> None:
    if documents is None:
        return
    if deployed.project_id not in (None, documents.project.id):
        raise InputError(
            f"{deployed.served.name} belongs to another project than {documents.project.name}.",
            "Name its own project, or serve a model that belongs to none.",
        )
    if not _has_valid_key(workspace):
        raise InputError("The service does not answer from documents without a key: anybody could read them.", MAKE_KEY)


def _has_valid_key(workspace: Permitted) -> bool:
    return any(key.revoked_at is None for key in all_keys(workspace.db))


def _counts(meters: Meters) -> dict[str, int]:
    total = meters.total
    counts = {"requests": total.requests, "refused": total.refused, "failed": total.failed}
    return counts | {"tokens in": total.tokens_in, "tokens out": total.tokens_out, "restarts": meters.engine_restarts}


def _embeddings(workspace: Permitted) -> Embeddings | None:
    folders = registry.model_folders(workspace.home)
    try:
        weights, tokenizer = (Path(registry.find_model(folders, name).path) for name in (EMBEDDING_MODEL, TOKENIZER))
    except SetupError:  # not installed: then there are no embeddings
        return None
    return Embeddings(EMBEDDING_MODEL, lambda: open_embedder(weights, tokenizer, threads=1))


def _note(
    workspace: Permitted,
    action: AuditAction,
    deployed: Deployed,
    documents: StoredDocuments | None,
    *,
    counts: dict[str, int],
) -> None:
    project_id = documents.project.id if documents else deployed.project_id
    named = {"project": project_id, "run": deployed.run_id, "release": deployed.release_id}
    with transaction(workspace.db):
        audit.append(
            workspace.db,
            action,
            subjects={kind: value for kind, value in named.items() if value},
            hashes={"served": deployed.sha256},
            counts=counts | ({"documents": 1} if documents else {}),
        )
