import os
import signal

import pytest

from core.cli import trials


def die() -> None:
    """Stand for a library that was built for another processor."""
    os.kill(os.getpid(), signal.SIGSEGV)


def refuse() -> str:
    """Stand for a library that works and gives something wrong."""
    raise RuntimeError("a product is wrong by 3")


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.path.dirname(__file__), os.getcwd()]))


@pytest.mark.model
@pytest.mark.parametrize("name", trials.TRIALS)
def test_each_native_library_does_a_grain_of_work_here(name):
    assert trials.attempt(name).is_ok, trials.attempt(name).words


def test_a_library_that_kills_its_process_is_named_with_signal_and_processor():
    outcome = trials.attempt("llama.cpp", "test_trials:die")
    assert not outcome.is_ok
    assert outcome.words == f"ended with SIGSEGV on {trials.processor()}"


def test_a_library_that_gives_something_wrong_is_not_well():
    outcome = trials.attempt("torch", "test_trials:refuse")
    assert not outcome.is_ok
    assert outcome.words.endswith("a product is wrong by 3")


def test_the_self_test_says_which_library_died_instead_of_dying(monkeypatch, tmp_path):
    from core.cli import selftest

    monkeypatch.setattr(trials, "TRIALS", {"llama.cpp": "test_trials:die"})
    with pytest.raises(RuntimeError, match=r"llama\.cpp ended with SIGSEGV on "):
        selftest.try_libraries(tmp_path)
