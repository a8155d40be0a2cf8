"""`garrison self-test`: check that everything installed works on this machine, without a network."""

import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from core.cli import trials
from core.cli.shell import one_line, shell_of
from core.embedded import embedded_folder
from core.errors import JobFailed
from core.models import registry
from core.models.engine.crash import ended_by
from core.offline import OFFLINE_VARIABLES, refused_count
from core.settings import EMBEDDED_MODEL

LIBRARIES = (
    "torch transformers peft bitsandbytes datasets accelerate llama_cpp presidio_analyzer spacy streamlit altair pandas "
    "pyarrow pypdfium2 rapidocr_onnxruntime docx pptx openpyxl lxml"
).split()
PROMPT = "What is a generator? Answer in one sentence."
DASHBOARD_WAIT_S = 120


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command("self-test")(self_test)


def self_test(context: typer.Context) -> None:
    """Load every library and model, run a small part of the demo, query the dashboard, and report what works."""
    shell = shell_of(context)
    checks = []
    with tempfile.TemporaryDirectory(prefix="garrison-self-test-") as scratch:
        for name, check in CHECKS.items():
            started_s = time.monotonic()
            try:
                words, is_ok = check(Path(scratch)), True
            except Exception as error:  # any problem of the installation is reported without ending the test
                words, is_ok = f"{type(error).__name__}: {one_line(error)[:300]}", False
            seconds = round(time.monotonic() - started_s, 1)
            checks.append({"name": name, "ok": is_ok, "seconds": seconds, "words": words})
            if not shell.is_json:
                print(f"{'ok' if is_ok else 'FAILED':6} {name:10} {seconds:6.1f} s  {words}", flush=True)
    shell.show({"checks": checks}, "")
    if failed := [check["name"] for check in checks if not check["ok"]]:
        if shell.is_json:
            raise typer.Exit(JobFailed.exit_code)
        raise JobFailed(f"The self-test failed: {', '.join(map(str, failed))}.", "The lines above say why.")


def load_libraries(_scratch: Path) -> str:
    """Import `LIBRARIES`, those with native code and the basic ones, in a child process that may crash."""
    outcome = trials.attempt("libraries", "core.cli.selftest:import_all")
    if not outcome.is_ok:
        raise RuntimeError(outcome.words)
    return outcome.words


def import_all() -> str:
    """Import `LIBRARIES` into this process and check that the offline variables are set."""
    for name in LIBRARIES:
        importlib.import_module(name)
    unset = [name for name, value in OFFLINE_VARIABLES.items() if os.environ.get(name) != value]
    if unset:
        raise RuntimeError(f"offline variables are not set: {', '.join(unset)}")
    return f"{len(LIBRARIES)} load, {len(OFFLINE_VARIABLES)} offline variables set"


def try_libraries(_scratch: Path) -> str:
    """Have every native library do a small piece of real work, each in a separate process."""
    outcomes = [trials.attempt(name) for name in trials.TRIALS]
    if broken := [f"{outcome.name} {outcome.words}" for outcome in outcomes if not outcome.is_ok]:
        raise RuntimeError("; ".join(broken))
    return f"{', '.join(trials.TRIALS)} work on {trials.processor()}"


def check_models(_scratch: Path) -> str:
    """Verify the hashes of the embedded models."""
    verdicts = registry.verify_models([embedded_folder()])
    bad = [f"{verdict.model.name} {verdict.health}" for verdict in verdicts if verdict.health != "unchanged"]
    if bad or not verdicts:
        raise RuntimeError(", ".join(bad) or "there are none")
    return ", ".join(verdict.model.name for verdict in verdicts) + " unchanged"


def answer(scratch: Path) -> str:
    """Ask the embedded model for twenty tokens through `garrison chat`."""
    model = EMBEDDED_MODEL
    reply = _garrison(scratch, "chat", "--model", model, "--prompt", PROMPT, "--max-tokens", "20")
    if not reply["answer"].strip():
        raise RuntimeError("the model said nothing")
    return f"{model} answered"


def run_slice(scratch: Path) -> str:
    """Run part of the demo, from documents to a tuned model, and ask that model a question."""
    result = _garrison(scratch, "demo", "--slice", "--out", str(scratch / "report"))
    reply = _garrison(scratch, "chat", "--run", result["run_id"], "--prompt", PROMPT, "--max-tokens", "20")
    if not reply["answer"].strip():
        raise RuntimeError("the tuned model said nothing")
    seconds = ", ".join(f"{name.lower()} {value:.0f} s" for name, value in result["seconds"].items())
    return f"{result['pairs']['kept']} pairs, trained and asked; {seconds}"


def ask_dashboard(scratch: Path) -> str:
    """Start the dashboard and query its health endpoint."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [*_command(scratch), "serve", "--port", str(port)]
    with (scratch / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own module
    try:
        deadline_s = time.monotonic() + DASHBOARD_WAIT_S
        while time.monotonic() < deadline_s and server.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as reply:  # noqa: S310 - http
                    if reply.status == 200:
                        return f"answers on 127.0.0.1; {refused_count()} connections refused"
            except OSError:
                time.sleep(0.3)
        raise RuntimeError("it does not answer")
    finally:
        server.terminate()
        server.wait(timeout=30)


def _command(scratch: Path) -> list[str]:
    return [sys.executable, "-m", "core.cli.app", "--home", str(scratch / "home"), "--json"]


def _garrison(scratch: Path, *arguments: str) -> Any:
    done = subprocess.run(  # noqa: S603 - our own module
        [*_command(scratch), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=scratch
    )
    if done.returncode < 0:
        raise RuntimeError(f"ended with {ended_by(done.returncode)} on {trials.processor()}")
    result = json.loads(done.stdout or "{}")
    if done.returncode != 0:
        raise RuntimeError(result.get("error") or done.stderr.strip()[-300:])
    return result


CHECKS: dict[str, Callable[[Path], str]] = {
    "libraries": load_libraries,
    "models": check_models,
    "work": try_libraries,
    "answer": answer,
    "path": run_slice,
    "dashboard": ask_dashboard,
}
