"""The command line: one JSON document with --json, one line for errors, the right exit code."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from core.cli.app import app, main
from core.cli.shell import ProgressPrinter, time_left
from core.records import Job
from core.storage import Workspace, insert
from tests.small_adapters import write_adapter
from tests.small_models import write_folder

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


def test_how_long_chats_are_kept_is_shown_and_set(garrison: Run) -> None:
    garrison("project", "create", "a")
    assert "Kept until you delete it" in garrison("project", "chats", "a")[1]
    assert json.loads(garrison("--json", "project", "chats", "a", "30", "--as", "Ada")[1]) == {
        "kept": "days", "days": 30, "masked_since": None, "deleted": 0,
    }  # fmt: skip
    assert "Kept 30 days with personal data masked" in garrison("project", "chats", "a", "--mask", "--as", "Ada")[1]
    told = json.loads(garrison("--json", "project", "chats", "a", "not-kept", "--as", "Ada")[1])
    assert (told["kept"], told["days"]) == ("not-kept", None) and told["masked_since"]
    assert json.loads(garrison("--json", "project", "show", "a")[1])["chats"]["kept"] == "not-kept"
    for wrong in ("0", "for-ever", "3651", "days"):
        assert garrison("project", "chats", "a", wrong, "--as", "Ada")[0] == 2
    assert garrison("project", "chats", "a", "until-deleted")[0] == 2  # nobody has said who decides it


def test_an_error_with_json_is_json_too(garrison: Run) -> None:
    code, out, _ = garrison("--json", "documents", "list", "nothing")
    assert code == 2
    assert set(json.loads(out)) == {"error", "hint"}


def test_a_failed_job_tells_its_hint_with_the_command_as_one_sentence(garrison: Run, tmp_path: Path) -> None:
    job = Job(
        id="job-1", kind="sample", state="failed", error="No model.", hint="Add one.",
        hint_command="garrison models add PATH", created_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    with closing(Workspace(tmp_path / "home")) as workspace:
        insert(workspace.db, job)
    assert "No model. Add one: garrison models add PATH\n" in garrison("jobs", "show", "job-1")[1]
    told = json.loads(garrison("--json", "jobs", "show", "job-1")[1])["job"]
    assert told["hint"] == "Add one: garrison models add PATH" and "hint_command" not in told
    assert json.loads(garrison("--json", "jobs", "list")[1]) == [told]


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
        ["chat", "--model", "smollm2-135m-instruct", "--prompt", ""],
        ["chat", "--model", "smollm2-135m-instruct", "--prompt", "  "],
        ["compare", "smollm2-135m-instruct", "smollm2-135m-instruct", "--prompt", ""],
        ["compare", "smollm2-135m-instruct", "--prompt", "You?"],
        ["compare", "smollm2-135m-instruct", "smollm2-135m-instruct"],
        ["models", "remove", "nothing"],
        ["serve", "--host", "0.0.0.0"],
    ],
)
def test_a_wrong_call_is_the_users_error_in_one_line(garrison: Run, arguments: list[str]) -> None:
    code, _, err = garrison(*arguments)
    assert code in (2, 3) and err.strip() and "Traceback" not in err


def named_commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the tree, by the words that call it."""
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from named_commands(command, (*path, name))


@pytest.mark.parametrize("path", named_commands(get_command(app)), ids=" ".join)
def test_every_command_shows_its_own_help(garrison: Run, path: tuple[str, ...]) -> None:
    code, out, _ = garrison(*path, "--help")
    (usage,) = [line.strip() for line in out.splitlines() if line.strip().startswith("Usage:")]
    words = [word for word in usage.split() if word != "{project}"]  # which stands before the commands of a review
    expected = ["Usage:", "garrison", *path]
    assert code == 0 and words[: len(expected)] == expected
    assert words[len(expected) :][:1] in ([], ["[OPTIONS]"])  # and is that of no group above or below


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["nothing", "sample"], "sample"),
        (["sample", "accept"], "accept"),
        (["accept"], "accept"),
        (["sample", "x"], "sample"),
    ],
)
def test_help_of_a_review_needs_no_project_and_is_that_of_the_command(
    garrison: Run, arguments: list[str], command: str
) -> None:
    code, out, _ = garrison("review", *arguments, "--help")
    assert code == 0 and f"Usage: garrison review {{project}} {command} " in out


def test_settings_are_checked_together(garrison: Run) -> None:
    garrison("project", "create", "a")
    code, _, err = garrison("train", "a", "--set", "epochs=-1", "--set", "lora_rank=x", "--set", "colour=red")
    assert code == 2
    assert all(name in err for name in ("epochs", "lora_rank", "colour"))


@pytest.mark.model
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


@pytest.mark.model
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
    code, _, err = garrison("review", "a", "approve", "a.txt", "--as", "Ada")
    assert code == 2 and "not decided yet" in err
    garrison("review", "a", "accept", "--all", "--as", "Ada")
    code, _, err = garrison("review", "a", "approve", "a.txt", "--as", "Ada")
    assert code == 2 and "searched a second time" in err  # its only passage holds a span: there is nothing to sample
    assert garrison("review", "a", "check", "a.txt", "--as", "Ada")[0] == 0
    code, out, _ = garrison("--json", "review", "a", "approve", "a.txt", "--as", "Ada")
    assert code == 0 and json.loads(out)[0]["reviewer"] == "Ada"


@pytest.mark.model
def test_all_at_once_names_what_is_unread_and_takes_the_words_for_it(garrison: Run, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("Sergeant Anna Whitfield checks the pump every day at six in the morning.", encoding="utf-8")
    garrison("project", "create", "a", "--policy", "all-at-once")
    garrison("documents", "add", "a", str(text))
    garrison("anonymize", "a", "--level", "standard")
    for wrong in ([], ["--unread", "yes"], ["--unread", "approve unread"]):
        code, out, err = garrison("review", "a", "approve", "--all", *wrong, "--as", "Ada")
        assert (code, out) == (2, "") and "approved unread: " in err and "undecided" in err
    (words,) = re.findall('--unread "(.+?)"', err)
    code, out, _ = garrison("review", "a", "approve", "--all", "--unread", words, "--as", "Ada")
    assert code == 0 and out.startswith("Approved unread by Ada: ") and "second search not run on 1 document" in out
    listed = json.loads(garrison("--json", "review", "a", "list")[1])["documents"][0]
    assert listed["state"] == "approved" and listed["unread"]["unsearched"] == 1
    assert "approved unread" in garrison("review", "a", "list")[1]
    code, out, _ = garrison("documents", "export", "a", "--to", str(tmp_path / "out"))
    assert code == 0 and out.startswith("Approved unread by Ada: ")


@pytest.mark.model
def test_two_persons_sample_propose_return_and_approve(garrison: Run, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    lines = [f"Step {n}: the filter of the pump is dry before it is fitted." * 8 for n in range(4)]
    text.write_text("\n\n".join([*lines, "Sergeant Anna Whitfield checks the pump. " * 12]), encoding="utf-8")
    garrison("project", "create", "a")
    garrison("documents", "add", "a", str(text))
    garrison("anonymize", "a")
    garrison("review", "a", "accept", "--all", "--as", "Ada")
    code, out, _ = garrison("--json", "review", "a", "sample", "a.txt", "--as", "Ada")
    drawn = json.loads(out)["passages"]
    assert code == 0 and drawn and not json.loads(out)["is_settled"]
    assert json.loads(garrison("--json", "review", "a", "sample", "a.txt", "--missed", "0", "--as", "Ada")[1])["is_settled"]
    garrison("review", "a", "check", "a.txt")
    code, out, _ = garrison("review", "a", "propose", "a.txt", "--as", "Ada")
    assert code == 0 and "in which nothing was found was read" in out and "The second search found" in out
    assert garrison("review", "a", "return", "a.txt", "--reason", "Look again.", "--as", "Bob")[0] == 0
    garrison("review", "a", "propose", "a.txt", "--as", "Ada")
    code, _, err = garrison("review", "a", "approve", "a.txt", "--as", "ada")
    assert code == 2 and "who proposed" in err
    code, out, _ = garrison("review", "a", "approve", "a.txt", "--as", "Bob")
    assert code == 0 and "declared, not authenticated" in out
    code, out, _ = garrison("review", "a", "rules", "--two-person", "off", "--sample-size", "0", "--as", "Bob")
    assert code == 0 and out.startswith("Two persons: off (not needed now).")


@pytest.mark.model
def test_what_an_earlier_version_searched_is_told_and_searched_again(garrison: Run, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("Sergeant Anna Whitfield checks the pump.", encoding="utf-8")
    garrison("project", "create", "a")
    garrison("documents", "add", "a", str(text))
    garrison("anonymize", "a", "--level", "standard")
    with closing(Workspace(tmp_path / "home")) as workspace:
        workspace.db.execute("update documents set search_version = 0")
    told = "1 document was searched by an earlier version of Garrison, which found less."
    assert f"{told} Search again: garrison anonymize a --again" in garrison("anonymize", "a")[1]
    assert told in garrison("review", "a", "list")[1]
    assert garrison("anonymize", "a", "--again", "--level", "standard")[1].startswith("1 document searched;")
    assert told not in garrison("review", "a", "list")[1]


@pytest.mark.model
def test_accepting_all_keeps_a_rejection_and_says_so(garrison: Run, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text(
        "Sergeant Anna Whitfield checks the pump. Call +44 1632 960517 or write to a@unit.mil.", encoding="utf-8"
    )
    garrison("project", "create", "a")
    garrison("documents", "add", "a", str(text))
    assert garrison("anonymize", "a")[1].startswith("1 document searched; the project holds 3 pieces of personal data.")
    assert garrison("anonymize", "a")[1].startswith("No new document searched; the project holds 3 pieces")
    spans = json.loads(garrison("--json", "review", "a", "list", "a.txt")[1])["documents"][0]["spans"]
    code, out, _ = garrison("review", "a", "reject", spans[0]["id"], "--as", "Ada")
    assert (code, out) == (0, "1 span rejected.\n")
    code, out, _ = garrison("review", "a", "accept", "--all", "--as", "Ada")
    assert code == 0 and "1 span decided earlier was left as decided." in out
    after = json.loads(garrison("--json", "review", "a", "list", "a.txt")[1])["documents"][0]["spans"]
    assert [span["state"] for span in after] == ["rejected", *["accepted"] * (len(spans) - 1)]
    assert garrison("review", "a", "add", "a.txt", "--start", "0", "--end", "8", "--entity", "FOO", "--as", "Ada")[0] == 2


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


@pytest.mark.slow
def test_a_file_that_is_there_already_is_called_that(garrison: Run, tmp_path: Path) -> None:
    text = tmp_path / "good.txt"
    text.write_text("The pump is checked every day.", encoding="utf-8")
    garrison("project", "create", "a")
    garrison("documents", "add", "a", str(text))
    code, out, _ = garrison("documents", "add", "a", str(text))
    assert (code, out) == (0, "1 file already there: left out.\n")


@pytest.mark.slow
def test_an_unreadable_file_is_kept_once_and_counted_every_time(garrison: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "noise.pdf").write_bytes(bytes(range(256)) * 40)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "good.txt").write_text("The pump is checked every day.", encoding="utf-8")
    (folder / "same.txt").write_text("The pump is checked every day.", encoding="utf-8")
    (folder / "third.txt").write_text("The pump is checked every day.", encoding="utf-8")
    garrison("project", "create", "a")
    code, out, _ = garrison("documents", "add", "a", str(folder))
    assert code == 0 and "2 files already there" in out and "3 files could not be read" in out
    code, _, err = garrison("documents", "add", "a", str(folder))
    assert code == 2 and "None of 3 files" in err
    assert len(json.loads(garrison("--json", "documents", "list", "a")[1])) == 3
    (folder / "empty.txt").write_bytes(b"\x00")
    garrison("documents", "add", "a", str(folder / "empty.txt"))
    assert len(json.loads(garrison("--json", "documents", "list", "a")[1])) == 4  # other bytes: another file


def test_a_link_out_of_the_folder_is_left_out_and_named(garrison: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.txt").write_text("The pump is checked every day.", encoding="utf-8")
    secret = tmp_path / "secret.txt"
    secret.write_text("Nobody named this file.", encoding="utf-8")
    (folder / "link.txt").symlink_to(secret)
    garrison("project", "create", "a")
    code, out, _ = garrison("--json", "documents", "add", "a", str(folder))
    added = json.loads(out)
    assert code == 0 and added["left_out"] == [str(folder / "link.txt")]
    assert [document["name"] for document in added["documents"]] == ["good.txt"]
    (folder / "good.txt").unlink()
    code, _, err = garrison("documents", "add", "a", str(folder))
    assert code == 2 and "lead out" in err


@pytest.mark.model
def test_pairs_nobody_approved_are_not_exported(garrison: Run, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"input": "Who checks?", "output": "Anna Whitfield checks the pump."}\n', encoding="utf-8")
    garrison("project", "create", "a")
    assert garrison("questions", "import", "a", str(pairs))[0] == 0
    target = tmp_path / "out.jsonl"
    code, out, _ = garrison("--json", "questions", "export", "a", str(target))
    assert code == 2 and "approve" in json.loads(out)["hint"] and not target.exists()
    assert garrison("review", "a", "accept", "--all", "--as", "Ada")[0] == 0
    garrison("review", "a", "sample", "pairs.jsonl", "--missed", "0", "--as", "Ada")
    garrison("review", "a", "check", "pairs.jsonl")
    assert garrison("review", "a", "approve", "pairs.jsonl", "--as", "Ada")[0] == 0
    more = tmp_path / "more.jsonl"
    more.write_text('{"input": "What is it?", "output": "A pump that is checked."}\n', encoding="utf-8")
    garrison("questions", "import", "a", str(more))
    code, out, _ = garrison("--json", "questions", "export", "a", str(target))
    written = json.loads(out)
    assert (code, written["pairs"], written["left_out"]) == (0, 1, 1) and "not approved" in written["note"]
    assert "Whitfield" not in target.read_text(encoding="utf-8")
    assert garrison("questions", "export", "a", str(target))[0] == 2
    code, out, _ = garrison("questions", "export", "a", str(target), "--force")
    assert code == 0 and "1 left out: their document is not approved" in out
    assert garrison("questions", "export", "a", str(tmp_path / "new" / "out.jsonl"))[0] == 2


def test_a_file_of_pairs_is_shown_before_it_is_brought_in(garrison: Run, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("Frage,Antwort,Seite\nWas ist das?,Eine Pumpe.,3\nWarum?,,4\n", encoding="utf-8")
    garrison("project", "create", "a")
    code, out, _ = garrison("questions", "import", "a", str(pairs), "--preview")
    assert code == 0 and "Columns: not known by their names." in out and "0 pairs" in out
    chosen = ("--column", "question=Frage", "--column", "answer=Antwort")
    code, out, _ = garrison("questions", "import", "a", str(pairs), "--preview", *chosen)
    assert code == 0 and "Was ist das?" in out and "1 pair." in out
    assert "1 row cannot be used." in out and "1 column not used." in out and "Line 3 has an empty answer." in out
    _, out, _ = garrison("--json", "questions", "import", "a", str(pairs), "--preview", *chosen, "--skip-wrong")
    assert json.loads(out)["first"] == [{"input": "Was ist das?", "output": "Eine Pumpe."}]
    assert "1 row that cannot be used left out." in json.loads(out)["notes"]
    code, _, err = garrison("questions", "import", "a", str(pairs), *chosen)
    assert code == 2 and "line 3 has an empty answer" in err
    code, _, err = garrison("questions", "import", "a", str(pairs), "--column", "Frage")
    assert code == 2 and "'Frage' is not of the form Frage=COLUMN" in err


def test_progress_without_a_terminal_is_a_line_for_each_tenth_with_whole_percents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = (datetime.now(UTC) - timedelta(seconds=60)).isoformat()
    job = Job(id="job-1", kind="read", state="running", total=250, created_at=started, started_at=started)
    printer = ProgressPrinter()
    for done in range(251):
        printer.show(replace(job, done=done, message=f"Reading file {done} of 250"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    printer.show(replace(job, done=34, message="Reading"))
    assert capsys.readouterr().err == "Reading · 13% · about 6 minutes left\n"  # 216 steps at 34 a minute


def test_a_job_that_waits_for_another_says_so_and_then_that_it_starts(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job(id="job-1", kind="train", created_at=datetime.now(UTC).isoformat())
    printer = ProgressPrinter()
    for seen in (job, job, replace(job, launched_s=1.0), replace(job, launched_s=1.0, state="running")):
        printer.show(seen)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["Waiting for its turn: another job needs the processor to itself", "Starting"]


def test_the_time_left_is_counted_down_in_seconds_and_never_in_hours() -> None:
    assert [time_left(seconds) for seconds in (0.2, 1.2, 89, 90, 4200)] == [
        "about 0 seconds left",
        "about 1 second left",
        "about 89 seconds left",
        "about 2 minutes left",
        "about 70 minutes left",
    ]


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
    assert {"name", "path", "format", "size", "sha256", "license"} <= set(model)
    assert model["size"] == Path(model["path"]).stat().st_size and model["license"] == "Apache-2.0"
    assert model["size_bytes"] == model["size"] and model["is_embedded"] and "embedded" not in model
    code, out, _ = garrison("models", "verify", "--json")
    assert code == 0 and model in [verdict["model"] for verdict in json.loads(out)]


def test_model_is_shown_with_its_facts_and_the_checksum_of_each_file(garrison: Run) -> None:
    code, out, _ = garrison("models", "show", "smollm2-135m-instruct")
    assert code == 0 and "134.5 million" in out and "License        Apache-2.0" in out
    told = json.loads(garrison("models", "show", "smollm2-135m-instruct", "--json")[1])
    assert told["facts"]["context_tokens"] == 8192 and list(told["files"].values()) == [told["sha256"]]


def test_adapter_is_added_to_a_base_that_is_named(garrison: Run, tmp_path: Path) -> None:
    folder = str(write_adapter(tmp_path / "adapter", base_model_name_or_path=""))
    assert garrison("models", "add", str(write_folder(tmp_path / "tiny")))[0] == 0
    code, _, err = garrison("models", "add", folder)
    assert code == 2 and "made for a model that it does not name" in err and "--base tiny" in err
    code, out, _ = garrison("models", "add", folder, "--base", "tiny")
    assert code == 0 and "Adapter on  tiny (its weights fit; nothing proves that it was made for this model)" in out
    told = json.loads(garrison("models", "show", "adapter", "--json")[1])
    assert (told["base"], told["base_proof"], told["format"]) == ("tiny", "shapes", "adapter")


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


@pytest.mark.model
def test_approved_documents_are_exported_into_a_new_folder(garrison: Run, tmp_path: Path) -> None:
    table = tmp_path / "roster of Anna Whitfield.csv"
    table.write_text("Name;Mail\nSergeant Anna Whitfield;a.whitfield@unit.mil\n", encoding="utf-8")
    garrison("project", "create", "a", "--policy", "all-at-once")
    garrison("documents", "add", "a", str(table))
    garrison("anonymize", "a", "--level", "standard")
    target = tmp_path / "out"
    code, _, err = garrison("documents", "export", "a", "--to", str(target))
    assert code == 2 and "approved" in err
    code, _, err = garrison("review", "a", "approve", table.name, "--as", "Ada")
    (words,) = re.findall('--unread "(.+?)"', err)
    assert garrison("review", "a", "approve", table.name, "--unread", words, "--as", "Ada")[0] == 0
    code, out, _ = garrison("--json", "documents", "export", "a", table.name, "--to", str(target))
    (name,) = json.loads(out)["files"]
    assert code == 0 and name.startswith("document-") and name.endswith(".csv")
    written = "".join(path.name + path.read_text(encoding="utf-8") for path in target.iterdir())
    assert "hitfield" not in written and (target / name).read_text(encoding="utf-8").startswith("Name;Mail\n")
    code, _, err = garrison("documents", "export", "a", "--to", str(target))
    assert code == 2 and "not empty" in err
    assert garrison("documents", "export", "a", "--to", str(tmp_path / "b"), "--format", "pdf")[0] == 2
    assert garrison("documents", "export", "a", "nothing", "--to", str(tmp_path / "b"))[0] == 2
