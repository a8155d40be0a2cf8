"""A conversion runs nobody's code, stops when asked, is made once, and says in a sentence what it cannot do."""

import json
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from core.errors import InputError, JobCancelled, SetupError
from core.models.conversion import child
from core.models.conversion.adapter import adapter_gguf
from core.models.conversion.model import base_gguf
from tests.children import children_of
from tests.conversion import families

CODE = "import pathlib\npathlib.Path({path!r}).touch()\nclass Given:\n    pass\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return families.llama(tmp_path_factory.mktemp("tiny") / "tiny")


def describe(folder, name, **changes):
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


@pytest.fixture
def own(tiny, tmp_path):
    """A copy of the tiny model to change."""
    return shutil.copytree(tiny, tmp_path / "own")


@pytest.mark.slow
def test_code_in_a_model_s_folder_never_runs(own, tmp_path):
    """The converter of this family asks transformers to trust what it finds."""
    ran = tmp_path / "ran"
    (own / "given.py").write_text(CODE.format(path=str(ran)), encoding="utf-8")
    describe(own, "config.json", architectures=["DreamModel"], auto_map={"AutoConfig": "given.Given"})
    describe(
        own, "tokenizer_config.json", tokenizer_class="Given", auto_map={"AutoTokenizer": ["given.Given", "given.Given"]}
    )
    try:
        base_gguf(own, tmp_path / "cache")
    except InputError as error:
        assert "own" in error.message
    assert not ran.exists()


@pytest.mark.slow
def test_family_that_llama_cpp_does_not_know_is_named(own, tmp_path):
    describe(own, "config.json", architectures=["FooForCausalLM"])
    with pytest.raises(InputError, match=r"does not know this family of models \(FooForCausalLM\)"):
        base_gguf(own, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.gguf"))


@pytest.mark.slow
def test_tokenizer_whose_tokens_llama_cpp_would_not_read_is_refused(own, tmp_path):
    path = own / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    odd = {"type": "Split", "pattern": {"Regex": "[aeiou]"}, "behavior": "Isolated", "invert": False}
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [odd, bytes_only]}
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(InputError, match="other tokens than own does"):
        base_gguf(own, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.gguf"))


def test_cancelled_conversion_leaves_nothing(tiny, tmp_path):
    def cancel(_):
        raise JobCancelled("The job was cancelled.")

    with pytest.raises(JobCancelled):
        base_gguf(tiny, tmp_path / "cache", report=cancel)
    assert [path.name for path in (tmp_path / "cache").iterdir() if not path.name.endswith(".lock")] == []


@pytest.mark.slow
def test_kept_model_is_given_again_and_a_changed_one_is_made_anew(own, tmp_path, monkeypatch):
    first = base_gguf(own, tmp_path / "cache")
    made = first.stat().st_mtime_ns
    assert base_gguf(own, tmp_path / "cache") == first and first.stat().st_mtime_ns == made
    (own / "README.md").write_text("changed", encoding="utf-8")
    monkeypatch.setenv("GARRISON_ENGINE", str(tmp_path))  # where no converters lie
    with pytest.raises(SetupError, match="converters is missing"):
        base_gguf(own, tmp_path / "cache")


def test_adapter_that_is_gone_is_named(tiny, tmp_path):
    with pytest.raises(SetupError, match=r"adapter_config\.json is gone"):
        adapter_gguf(tmp_path / "adapter", tiny, tmp_path)


@pytest.mark.parametrize(("signal", "words"), [("KILL", "Memory ran out"), ("SEGV", "SIGSEGV")])
def test_converter_that_is_killed_is_put_in_words(tiny, tmp_path, monkeypatch, signal, words):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nkill -{signal} $$\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(child.sys, "executable", str(program))
    with pytest.raises((InputError, SetupError), match=words):
        base_gguf(tiny, tmp_path / "cache")


def test_a_program_that_converts_ends_with_whoever_started_it(tmp_path):
    parent = f"from core.models.conversion import child; child.run(['{shutil.which('sleep')}', '60'], folder='.')"
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        deadline = time.monotonic() + 30
        while not (sleeping := children_of(process.pid, "60")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    _, alive = psutil.wait_procs(sleeping, timeout=10)
    assert sleeping and not alive
