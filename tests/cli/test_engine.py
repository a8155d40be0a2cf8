"""What the command line says when the engine ends while it answers; with a stand-in that ends itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.engine.standing import install_stand_in

EMBEDDED = "smollm2-135m-instruct"


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return install_stand_in(tmp_path, monkeypatch)


def _garrison(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "core.cli.app", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False, timeout=120)


def test_a_crash_is_one_sentence_with_what_to_do_and_what_was_written_stays():
    done = _garrison("chat", "--model", EMBEDDED, "--prompt", "crash SIGSEGV")
    assert done.returncode == 3
    assert done.stdout == "Paris is "
    [told] = done.stderr.split("\n", 1)[1].splitlines()
    assert told.startswith("garrison: The language model's engine ended with SIGSEGV while it answered. Try again")


def test_a_crash_is_told_in_json_too():
    done = _garrison("--json", "chat", "--model", EMBEDDED, "--prompt", "crash at once SIGILL")
    assert done.returncode == 3
    assert "SIGILL" in json.loads(done.stdout)["error"]


def test_a_talk_goes_on_after_a_crash():
    done = _garrison("chat", "--model", EMBEDDED, typed="crash SIGSEGV\nAgain?\n\n")
    assert done.returncode == 0
    assert done.stdout == "Paris is Paris is the capital.\n\n"
    assert "ended with SIGSEGV" in done.stderr


def test_json_tells_the_answer_and_how_fast_it_came():
    told = json.loads(_garrison("--json", "chat", "--model", EMBEDDED, "--prompt", "You?").stdout)
    assert told.pop("time_to_first_token_s") > 0
    assert told == {
        "text": "Paris is the capital.",
        "tokens": 4,
        "tokens_per_second": 59.5,
        "backend": "llama.cpp",
        "is_complete": True,
        "is_repeating": False,
        "prompt": "You?",
        "answer": "Paris is the capital.",
    }


def test_a_cut_answer_and_a_prompt_that_is_too_long_are_told():
    done = _garrison("chat", "--model", EMBEDDED, "--prompt", "You?", "--max-tokens", "2")
    assert done.stdout.startswith("Paris is \n") and "cut after 2 tokens" in done.stderr
    done = _garrison("--json", "chat", "--model", EMBEDDED, "--prompt", "word " * 9000)
    told = json.loads(done.stdout)
    assert "this model reads" in told["error"] and "shorten the message" in told["hint"]


def test_a_talk_longer_than_the_model_reads_goes_on_with_a_note():
    questions = [f"say {number} " + " ".join(f"rope-{number}-{part}" for part in range(45)) for number in range(4)]
    done = _garrison("chat", "--model", EMBEDDED, typed="\n".join([*questions, "", ""]))
    assert done.returncode == 0 and all(question.removeprefix("say ") in done.stdout for question in questions)
    assert "(earlier in this conversation: Paris is the capital.)" in done.stderr


def test_two_are_compared():
    told = json.loads(_garrison("--json", "compare", EMBEDDED, EMBEDDED, "--prompt", "You?").stdout)["answers"]
    assert [each["text"] for each in told] == ["Paris is the capital."] * 2
    assert (told[0]["token_count"], told[0]["tokens_per_second"]) == (4, 59.5)  # as the engine counted
