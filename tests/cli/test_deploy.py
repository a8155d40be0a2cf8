"""`garrison deploy` and `garrison key`, in processes of their own, with the stand-in for the engine."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.services.deploy.keys import add_key
from core.storage import Workspace, audit
from tests.models.engine.standing import install_stand_in, write_model
from tests.served import free_port
from tests.services.retrieval.conftest import Approve, approve  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
GARRISON = [sys.executable, "-m", "core.cli.app"]
ASKED = {"model": "tiny", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 8}


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return install_stand_in(tmp_path, monkeypatch)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that the stand-in takes for a model, in the workspace where nobody asks whether it is whole."""
    folder = tmp_path / "garrison-home" / "models" / "tiny"
    folder.mkdir(parents=True)
    file = write_model(folder / "tiny.gguf")
    described = {"name": "tiny", "format": "gguf", "file": file.name, "size_bytes": file.stat().st_size, "sha256": "0" * 64}
    (folder / "model.json").write_text(json.dumps(described), encoding="utf-8")
    return file


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """The one that the processes find."""
    opened = Workspace(home)
    yield opened
    opened.close()


def garrison(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*GARRISON, *arguments], capture_output=True, text=True, check=False, timeout=120)


@contextmanager
def serving(*options: str) -> "Iterator[subprocess.Popen[str]]":
    """The process, from the line that tells where it listens; asked to stop at the end."""
    process = subprocess.Popen(
        [*GARRISON, "deploy", "tiny", *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        line = process.stderr.readline()
        assert line.startswith("Garrison serves tiny: http"), line + process.stderr.read()
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def test_it_serves_until_it_is_asked_to_stop_and_both_are_in_the_audit_log(model: Path, home: Path) -> None:
    port = free_port()
    with serving("--port", str(port)) as process:
        told = httpx.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=ASKED, timeout=60).json()
        assert told["choices"][0]["message"]["content"] == "Paris is the capital."
    assert process.returncode == 0
    workspace = Workspace(home)
    entries = [entry for entry, _ in audit.entries(workspace.db) if entry.action.startswith("service ")]
    assert [entry.action for entry in entries] == ["service started", "service stopped"]
    assert entries[0].counts == {"port": port, "others": 0} and entries[0].hashes == {"served": "0" * 64}
    assert (entries[1].counts["requests"], entries[1].counts["tokens out"]) == (1, 4)
    assert workspace.db.execute("select model, requests, tokens_out from service_days").fetchone()[:] == ("tiny", 1, 4)
    workspace.close()


def test_a_key_made_on_the_command_line_opens_it_and_a_revoked_one_does_not(model: Path) -> None:
    port = free_port()
    made = json.loads(garrison("--json", "key", "add", "--name", "wiki").stdout)
    address = f"http://127.0.0.1:{port}/v1/models"
    right = {"authorization": f"Bearer {made['key']}"}
    with serving("--port", str(port)):
        assert httpx.get(address).status_code == 401
        assert httpx.get(address, headers=right).status_code == 200
        assert garrison("key", "revoke", "wiki").returncode == 0
        assert httpx.get(address, headers=right).status_code == 401
    listed = garrison("key", "list").stdout
    assert "revoked" in listed and made["key"] not in listed
    [row] = json.loads(garrison("--json", "key", "list").stdout)
    assert row["last used"] != "never"


@pytest.mark.model
def test_answers_come_from_the_documents_of_a_project_for_its_keys(
    model: Path,
    workspace: Workspace,
    approve: Approve,  # noqa: F811 - the fixture
) -> None:
    project = workspace.create_project("Manuals")
    approve(project, "winch.txt", "The rope of the winch is replaced every 90 days.")
    port, options = free_port(), ("--documents", "manuals")
    secret = add_key(workspace, "wiki", project=project).secret
    address, right = f"http://127.0.0.1:{port}/v1/chat/completions", {"authorization": f"Bearer {secret}"}
    messages = [{"role": "user", "content": "How often is the rope of the winch replaced?"}]
    body = ASKED | {"messages": messages, "garrison": {"documents": True}}
    with serving("--port", str(port), *options):
        assert httpx.post(address, json=body, timeout=60).status_code == 401
        told = httpx.post(address, json=body, headers=right, timeout=60).json()["garrison"]
        assert told["sources"][0]["document"] == "winch.txt" and not told["is_refused"]
        assert [each["citations"] for each in told["sentences"]] == [[]]  # "Paris is the capital."
    entries = [entry for entry, _ in audit.entries(workspace.db) if entry.action == "service started"]
    assert [(each.subjects["project"], each.counts["documents"]) for each in entries] == [(project.id, 1)]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_another_address_needs_a_certificate_and_a_key(host: str, model: Path, tmp_path: Path) -> None:
    done = garrison("deploy", "tiny", "--host", host, "--port", str(free_port()))
    assert done.returncode == 2 and "without a certificate" in done.stderr
    certificate, key = make_certificate(tmp_path)
    tls = ("--certificate", str(certificate), "--private-key", str(key))
    done = garrison("deploy", "tiny", "--host", host, "--port", str(free_port()), *tls)
    assert done.returncode == 2 and "without a key" in done.stderr and "garrison key add" in done.stderr


def test_with_tls_and_a_key_others_may_ask(model: Path, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    made, port = json.loads(garrison("--json", "key", "add", "--name", "wiki").stdout), free_port()
    import ssl

    context = ssl.create_default_context(cafile=str(certificate))
    with serving("--host", "0.0.0.0", "--port", str(port), "--certificate", str(certificate), "--private-key", str(key)):
        address = f"https://127.0.0.1:{port}/v1/chat/completions"
        headers = {"authorization": f"Bearer {made['key']}", "origin": "https://chat.site"}
        assert httpx.post(address, json=ASKED, headers=headers, verify=context, timeout=60).status_code == 200
        assert httpx.post(address, json=ASKED, verify=context, timeout=60).status_code == 401
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/health")


@pytest.mark.parametrize("fault", ["missing", "other key", "no PEM", "half"])
def test_files_that_make_no_tls_are_refused(fault: str, model: Path, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    if fault == "other key":
        _, key = make_certificate(tmp_path, "other")
    elif fault == "missing":
        key = tmp_path / "none.pem"
    elif fault == "no PEM":
        certificate.write_text("hello", encoding="utf-8")
    options = ["--certificate", str(certificate)] + ([] if fault == "half" else ["--private-key", str(key)])
    done = garrison("deploy", "tiny", "--port", str(free_port()), *options)
    assert done.returncode == 2 and "certificate" in done.stderr.lower() and "Traceback" not in done.stderr


def test_a_port_that_is_taken_and_a_model_that_cannot_be_loaded_are_told(model: Path) -> None:
    port = free_port()
    with serving("--port", str(port)):
        done = garrison("deploy", "tiny", "--port", str(port))
        assert done.returncode == 3 and f"Port {port}" in done.stderr
    model.write_bytes(b"GGUX" + model.read_bytes()[4:])
    done = garrison("deploy", "tiny", "--port", str(free_port()))
    assert done.returncode == 3 and "cannot be loaded" in done.stderr


def make_certificate(folder: Path, name: str = "site") -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that it signed itself, and its key."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
