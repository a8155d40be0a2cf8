"""What the arrangement of the tests promises, on small runs of pytest with the very same fixtures and hooks."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.arrangement import QUICK, group_of

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
CONFTEST = """
from tests.conftest import home, marked, no_network
from tests.arrangement import pytest_collection_modifyitems, pytest_ignore_collect, pytest_sessionfinish
from tests.arrangement import pytest_xdist_make_scheduler
"""
INI = "[pytest]\naddopts = --import-mode=importlib -q -p no:cacheprovider\nmarkers =\n browser\n model\n slow\n"
IN_TWO = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
LOADS = "import sys; sys.audit('garrison.load', '/models/m')"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(source, *options)`: a test run over a file with this source; its status and what it said."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text(INI)

    def run_it(source: str, *options: str) -> tuple[int, str]:
        (tmp_path / "test_it.py").write_text(f"import subprocess, sys\nimport pytest\n{source}")
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        variables["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, "test_it.py"],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run_it


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("act", [LOADS, f"subprocess.run([sys.executable, '-c', {LOADS!r}], check=True)"])
@pytest.mark.parametrize("options", [(), IN_TWO], ids=["alone", "in two processes"])
def test_who_loads_weights_is_marked_with_it_or_fails(run: Run, act: str, options: tuple[str, ...]) -> None:
    status, said = run(f"def test_it(): {act}", *options)
    assert status == 1 and "Not marked with model" in said
    assert run(f"@pytest.mark.model\ndef test_it(): {act}", *options)[0] == 0


def test_a_fixture_that_lives_longer_counts_for_the_first_who_asks_for_it(run: Run) -> None:
    fixture = f"@pytest.fixture(scope='module')\ndef loaded(): {LOADS}\n"
    status, said = run(f"{fixture}def test_it(loaded): pass\ndef test_next(loaded): pass")
    assert status == 1 and "2 passed, 1 error" in said


@pytest.mark.parametrize(
    ("name", "mark"), [("engine/llama-server", "model"), ("playwright/driver/node", "browser"), ("chromium", "browser")]
)
def test_who_starts_an_engine_or_a_browser_is_marked_with_it_or_fails(
    run: Run, tmp_path: Path, name: str, mark: str
) -> None:
    act = f"subprocess.run([{str(program(tmp_path / name))!r}], check=True)"
    status, said = run(f"def test_it(): {act}")
    assert status == 1 and f"Not marked with {mark}" in said
    assert run(f"@pytest.mark.{mark}\ndef test_it(): {act}")[0] == 0


def test_other_programs_need_no_mark(run: Run) -> None:
    assert run("def test_it(): subprocess.run([sys.executable, '-c', ''], check=True)")[0] == 0


@pytest.mark.parametrize("options", [(), IN_TWO], ids=["alone", "in two processes"])
def test_a_skipped_test_fails_the_run(run: Run, options: tuple[str, ...]) -> None:
    status, said = run("def test_it(): pass\ndef test_other(): pytest.skip('why')", *options)
    assert status == 1 and "1 tests were skipped, which counts as a failure." in said


def test_another_machine_is_refused_in_each_process(run: Run) -> None:
    act = "import socket\n    try: socket.create_connection(('192.0.2.1', 80))\n    except OSError: pass"
    status, said = run(f"def test_it():\n    {act}\ndef test_next(): pass", *IN_TWO)
    assert status == 1 and "2 passed, 1 error" in said


def test_tests_of_a_file_run_in_one_process(run: Run, tmp_path: Path) -> None:
    seen = tmp_path / "seen.txt"
    note = f"import os, time; time.sleep(0.3); open({str(seen)!r}, 'a').write(os.environ['PYTEST_XDIST_WORKER'] + chr(10))"
    status, said = run("".join(f"def test_{number}(): {note}\n" for number in range(12)), *IN_TWO)
    assert status == 0, said
    assert len(seen.read_text().split()) == 12 and len(set(seen.read_text().split())) == 1


def test_all_that_needs_a_browser_runs_in_one_process() -> None:
    one, other = "tests/browser/test_pages.py::test_a", "tests/browser/test_review.py::test_b[c::d]"
    assert group_of(one) == group_of(other) != group_of("tests/services/review/test_review.py::test_b")


def test_who_asks_for_a_loaded_model_is_marked_by_that(run: Run) -> None:
    source = "@pytest.fixture\ndef detector(): pass\ndef test_it(detector): pass\ndef test_other(): pass"
    status, said = run(source, "-m", "model")
    assert status == 0 and "1 passed, 1 deselected" in said


def test_what_takes_longest_begins_first(run: Run) -> None:
    marks = ("", "@pytest.mark.slow", "@pytest.mark.model", "@pytest.mark.browser")
    source = "".join(f"{mark}\ndef test_{number}(): pass\n" for number, mark in enumerate(marks))
    status, said = run(source, "-vv")
    order = [line.partition("::test_")[2][0] for line in said.splitlines() if "::test_" in line]
    assert (status, order) == (0, ["3", "2", "1", "0"])


def test_a_file_whose_tests_are_all_marked_is_not_read_where_only_quick_ones_run(run: Run, tmp_path: Path) -> None:
    marked = "import pytest\npytestmark = [\n    pytest.mark.model,\n]\nraise RuntimeError('read')"
    (tmp_path / "test_marked.py").write_text(marked, encoding="utf-8")
    status, said = run("def test_it(): pass", "-m", QUICK, str(tmp_path))
    assert status == 0 and "1 passed" in said
    status, said = run("def test_it(): pass", "-m", "model", str(tmp_path))
    assert status == 2 and "RuntimeError" in said
