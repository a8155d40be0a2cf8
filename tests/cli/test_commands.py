"""The command line: one JSON document with --json, one line for errors, the right exit code."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli.app import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def garrison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; gives exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(tmp_path / "home"), *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_json_is_one_document_wherever_the_option_stands(garrison: Run) -> None:
    for arguments in (["--json", "project", "create", "a"], ["project", "create", "b", "--json"]):
        code, out, _ = garrison(*arguments)
        assert code == 0
        assert json.loads(out)["name"] in "ab"


def test_an_error_is_one_line_with_a_hint_and_exit_code_2(garrison: Run) -> None:
    code, out, err = garrison("project", "show", "nothing")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "no project" in err and "Projects are" in err


def test_an_error_with_json_is_json_too(garrison: Run) -> None:
    code, out, _ = garrison("--json", "documents", "list", "nothing")
    assert code == 2
    assert set(json.loads(out)) == {"error", "hint"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["project"],
        ["project", "create"],
        ["project", "create", "a", "--policy", "none"],
        ["train"],
        ["review", "a", "list"],
        ["detect", "/nowhere.jsonl", "out.jsonl"],
        ["jobs", "show", "job-0"],
        ["chat"],
        ["models", "remove", "nothing"],
        ["serve", "--host", "0.0.0.0"],
    ],
)
def test_a_wrong_call_is_the_users_error_in_one_line(garrison: Run, arguments: list[str]) -> None:
    code, _, err = garrison(*arguments)
    assert code in (2, 3) and err.strip() and "Traceback" not in err


def test_settings_are_checked_together(garrison: Run) -> None:
    garrison("project", "create", "a")
    code, _, err = garrison("train", "a", "--set", "epochs=-1", "--set", "lora_rank=x", "--set", "colour=red")
    assert code == 2
    assert all(name in err for name in ("epochs", "lora_rank", "colour"))


def test_what_nobody_reviewed_is_not_trained_on(garrison: Run, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    rows = [
        {"input": f"What is part number {n} used for?", "output": f"Part {n} holds the pump number {n} in place."}
        for n in range(3)
    ]
    pairs.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    garrison("project", "create", "a")
    assert garrison("questions", "import", "a", str(pairs))[0] == 0
    code, _, err = garrison("train", "a")
    assert code == 2 and "approval" in err
    code, _, err = garrison("questions", "generate", "a")
    assert code == 2 and "approved" in err


def test_the_default_policy_refuses_approval_all_at_once(garrison: Run, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("Sergeant Anna Whitfield checks the pump every day at six in the morning.", encoding="utf-8")
    garrison("project", "create", "a")
    garrison("documents", "add", "a", str(text))
    assert garrison("review", "a", "approve", "a.txt", "--as", "Ada")[0] == 2  # not searched yet
    garrison("anonymize", "a")
    code, _, err = garrison("review", "a", "approve", "--all", "--as", "Ada")
    assert code == 2 and "each-document" in err
    assert garrison("review", "a", "approve", "a.txt")[0] == 2  # no name
    code, out, _ = garrison("--json", "review", "a", "approve", "a.txt", "--as", "Ada")
    assert code == 0 and json.loads(out)[0]["reviewer"] == "Ada"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(garrison: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    (folder / "noise.pdf").write_bytes(bytes(range(256)) * 40)
    (folder / "good.txt").write_text("The pump is checked every day.", encoding="utf-8")
    garrison("project", "create", "a")
    code, out, _ = garrison("--json", "documents", "add", "a", str(folder))
    states = {document["name"]: document["state"] for document in json.loads(out)["documents"]}
    assert code == 0
    assert states == {"empty.txt": "unreadable", "noise.pdf": "unreadable", "good.txt": "read"}
    code, _, err = garrison("documents", "add", "a", str(folder / "empty.txt"))
    assert code == 2 and err.count("\n") >= 1


def test_a_broken_line_is_named(garrison: Run, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    good = '{"input": "What is it?", "output": "A pump."}\n'
    pairs.write_text(good * 6 + "{broken\n" + good, encoding="utf-8")
    garrison("project", "create", "a")
    code, _, err = garrison("questions", "import", "a", str(pairs))
    assert code == 2 and "7" in err


def test_models_are_listed_with_what_the_administrator_needs(garrison: Run) -> None:
    code, out, _ = garrison("models", "list", "--json")
    model = next(model for model in json.loads(out) if model["name"] == "smollm2-135m-instruct")
    assert code == 0
    assert {"name", "path", "format", "size", "sha256", "licence"} <= set(model)
    assert model["size"] == Path(model["path"]).stat().st_size and model["licence"] == "Apache-2.0"


def test_a_home_that_cannot_be_used_is_a_setup_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(file), "project", "list"])
    assert ended.value.code == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_starting_the_command_loads_no_model_library() -> None:
    code = (
        "import sys; from core.cli import app;"
        "heavy = {'torch', 'transformers', 'llama_cpp', 'presidio_analyzer', 'spacy', 'streamlit', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
