"""Writing in a process of its own: struck once it goes on, struck again it says how."""

import sys
import time
from pathlib import Path

import pytest

from core.errors import Hint, InputError, SetupError
from core.models.engine import writer as program
from core.models.engine.apart import WriterApart
from core.models.engine.crash import EngineCrashed
from core.models.text import Message, Prompt
from tests.models.engine.standing import REAL_MODEL

pytestmark = pytest.mark.model

PROGRAM = [sys.executable, str(Path(__file__).with_name("stand_in_writer.py"))]
PROMPTS = [Prompt(text=text) for text in ("one", "two", "crash", "four")]


def test_struck_once_the_unfinished_prompts_are_written_and_the_finished_not_again(tmp_path):
    with WriterApart(tmp_path / "m.gguf", program=[*PROGRAM, str(tmp_path / "struck")]) as writer:
        found = [(completion.index, completion.text) for completion in writer.generate(PROMPTS)]
    assert found == [(0, "ONE"), (1, "TWO"), (2, "CRASH"), (3, "FOUR")]


def test_it_begins_before_anybody_takes_the_completions(tmp_path):
    with WriterApart(tmp_path / "m.gguf", program=[*PROGRAM, str(tmp_path / "struck")]) as writer:
        completions = writer.generate(PROMPTS[2:])
        deadline = time.monotonic() + 20
        while not (tmp_path / "struck").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [completion.text for completion in completions] == ["CRASH", "FOUR"]
        writer.generate(PROMPTS)  # nobody takes these
        assert [completion.text for completion in writer.generate([Prompt(text="new")])] == ["NEW"]


def test_struck_again_it_says_by_what_and_what_was_written_is_kept(tmp_path):
    found = []
    with WriterApart(tmp_path / "m.gguf", program=PROGRAM) as writer:
        with pytest.raises(EngineCrashed, match="ended with SIGSEGV while it wrote"):
            found.extend(completion.text for completion in writer.generate(PROMPTS))
    assert found == ["ONE", "TWO"]


def test_it_is_begun_anew_once_and_not_once_for_every_call(tmp_path):
    with WriterApart(tmp_path / "m.gguf", program=[*PROGRAM, str(tmp_path / "struck")]) as writer:
        assert len(list(writer.generate(PROMPTS))) == 4
        (tmp_path / "struck").unlink()
        with pytest.raises(EngineCrashed):
            list(writer.generate(PROMPTS))


def test_what_the_writer_refuses_is_told_as_the_same_error(tmp_path):
    with WriterApart(tmp_path / "m.gguf", program=PROGRAM) as writer:
        with pytest.raises(InputError, match="Too long") as told:
            list(writer.generate([Prompt(text="refuse")]))
    assert told.value.hint == Hint("Shorten it.", command="garrison shorten")


def test_the_real_writer_passes_a_hint_with_its_command(tmp_path):
    (tmp_path / "m.gguf").write_bytes(b"no model")
    with WriterApart(tmp_path / "m.gguf") as writer, pytest.raises(SetupError, match="cannot be loaded") as told:
        list(writer.generate(PROMPTS))
    assert told.value.hint.words and told.value.hint.command == "garrison models verify"


def test_a_caller_that_leaves_early_gets_the_next_answers_right(tmp_path):
    with WriterApart(tmp_path / "m.gguf", program=PROGRAM) as writer:
        stream = writer.generate(PROMPTS[:2])
        next(stream)
        stream.close()
        assert [completion.text for completion in writer.generate([Prompt(text="new")])] == ["NEW"]


def test_the_real_writer_writes_what_the_batch_writes():
    from core.models.batch import BatchGenerator

    prompts = [Prompt(text=f"{number} plus {number} is", max_tokens=4) for number in range(1, 4)]
    with BatchGenerator(REAL_MODEL, sequences=8) as here, WriterApart(REAL_MODEL) as apart:
        texts = [
            {completion.index: completion for completion in writer.generate(prompts, prefix="Sums: 1 plus 1 is 2.\n")}
            for writer in (here, apart)
        ]
    assert texts[0] == texts[1]


def test_a_file_that_cannot_be_loaded_is_named_by_the_real_writer(tmp_path):
    with WriterApart(tmp_path / "gone.gguf") as writer, pytest.raises(SetupError, match="gone.gguf cannot be loaded"):
        list(writer.generate(PROMPTS))


def test_the_writer_refuses_connections_before_it_loads_anything(monkeypatch):
    def refuse():
        raise SystemExit(3)

    monkeypatch.setattr(program, "refuse_connections", refuse)
    with pytest.raises(SystemExit):
        program.main(["{}"])


def test_a_conversation_is_passed_to_the_process_and_read_there():
    messages = (Message("system", ""), Message("user", "What is the capital of France?"))
    with WriterApart(REAL_MODEL) as writer:
        (completion,) = writer.generate([Prompt(messages=messages, max_tokens=12)])
    assert completion.text.strip() == "The capital of France is Paris." and completion.is_complete
