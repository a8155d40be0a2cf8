"""The whole path with the real embedded model, as a person would type it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.sample import sample_documents

pytestmark = pytest.mark.model

PLANTED = Path(__file__).parent.parent / "sample" / "planted.json"


class Terminal:
    """`garrison --json …` in processes of their own, in one workspace."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str) -> Any:
        command = [sys.executable, "-m", "core.cli.app", "--home", str(self.home), "--json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-500:]} {done.stderr[-500:]}"
        return json.loads(done.stdout)


@pytest.fixture
def garrison(unpacked_home: Path) -> Terminal:
    return Terminal(unpacked_home)


def test_documents_become_a_tuned_model(garrison: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for path in sample_documents():
        if path.suffix in (".md", ".html") or path.stem == "mail_handover_night_shift":
            shutil.copy(path, folder / path.name)
    garrison("project", "create", "workshop")
    added = garrison("documents", "add", "workshop", str(folder))["documents"]
    assert all(document["state"] == "read" for document in added)
    assert garrison("anonymize", "workshop")["spans"] > 20
    garrison("review", "workshop", "accept", "--all", "--as", "Ada Reviewer")
    garrison("review", "workshop", "check", "--all")
    for document in added:
        garrison("review", "workshop", "sample", document["id"], "--missed", "0", "--as", "Ada Reviewer")
        garrison("review", "workshop", "approve", document["id"], "--as", "Ada Reviewer")
    written = garrison("questions", "generate", "workshop", "--per-passage", "1")
    assert written["kept"] >= 20

    exported = tmp_path / "pairs.jsonl"
    garrison("questions", "export", "workshop", str(exported))
    rows = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    assert all(set(row) == {"input", "output"} for row in rows)
    planted = [value for values in json.loads(PLANTED.read_text(encoding="utf-8")).values() for value in values]
    leaked = [value for value in planted if any(value in row["input"] + row["output"] for row in rows)]
    assert leaked == []

    run = garrison("train", "workshop", "--goal", "quick", "--set", "max_steps=8", "--set", "sample_questions=1")
    assert run["train_loss"] > 0 and run["rows_per_second"] > 0 and run["peak_memory_bytes"] > 10**8
    assert (
        len(list(garrison.home.glob(f"projects/*/runs/{run['run']}/adapter-*.gguf"))) == 1
    )  # the engine needs not wait for it
    evaluation = garrison("evaluate", "workshop", run["run"])
    columns = evaluation["columns"]
    assert list(columns) == ["base", "tuned", "base_with_passage", "tuned_with_passage"]
    losses = {name: column["loss"]["value"] for name, column in columns.items()}
    assert losses["tuned"] < losses["base"]  # even eight steps teach the form of the answers
    assert losses["base_with_passage"] < losses["base"]  # the passage holds them
    known = evaluation["forgetting"]
    assert known["questions"]["count"] == 60 and known["questions"]["base"]["value"] > 0.1  # a small model knows some of it
    assert 1 < known["perplexity"]["base"]["value"] < 100
    assert evaluation["questions"] > 0 and evaluation["trained_on"] == 0 and evaluation["verdict"]

    question = rows[0]["input"]
    asked = ("--prompt", question, "--max-tokens", "64")
    answer = garrison("chat", "--run", run["run"], *asked)
    assert answer["answer"].strip()
    first, second = garrison("compare", "smollm2-135m-instruct", run["run"], *asked)["answers"]
    assert first["text"].strip() and second["text"] == answer["answer"]

    release = garrison("export", run["run"], str(tmp_path / "gguf"), "--format", "gguf", "--quantization", "q8_0")
    file = next(Path(release["path"]).glob("*.gguf"))
    garrison("models", "add", str(file), "--name", "workshop-model")
    assert garrison("chat", "--model", "workshop-model", "--prompt", question)["answer"].strip()
    steps = {step["name"]: step["state"] for step in garrison("project", "show", "workshop")["steps"]}
    judged = "done" if evaluation["is_good_enough"] else "needs you"  # eight steps need not be enough
    assert steps == {**dict.fromkeys(steps, "done"), "evaluate": judged}

    assert garrison("audit", "verify")["is_whole"]
    log = garrison("audit", "show", "--last", "0")
    assert [entry["action"] for entry in log[-4:]] == [
        "question pairs exported", "dataset version built", "run trained", "release made"
    ]  # fmt: skip
    assert {entry["actor"] for entry in log if entry["action"] == "review approved"} == {"Ada Reviewer"}
    names = [path.name for path in folder.iterdir()]
    assert [value for value in planted + names if value in json.dumps(log, ensure_ascii=False)] == []
