import ast
import itertools
import os
import subprocess
import sys
from pathlib import Path

import commands
import console
import doctor
import environment
import index
import installation
import lock
import machine
import packages
import pytest
import suite
from console import Stop
from packaging.requirements import Requirement

from core.errors import Hint
from tests.installer.answers import WORKS

ROOT = Path(commands.__file__).resolve().parents[1]
PROBE_ANSWER = WORKS + " *-c*) printf 'offline 9 -\\ndevice cpu\\n';;"


@pytest.fixture
def installed(fake_venv, package):
    """A complete installation whose probe answers well."""
    place = fake_venv(PROBE_ANSWER)
    package(place, "torch", "2.13.0+cpu")
    package(place, "llama-cpp-python", "0.3.36")
    environment.mark_complete(place, for_tests=False)
    return place


def states(place) -> dict[str, str]:
    return {finding.subject: finding.state for finding in doctor.findings(place, 8501)}


def test_doctor_finds_a_whole_installation_well(installed, capsys):
    assert doctor.report(installed, 8501) == 0
    said = capsys.readouterr().out
    assert "torch                    2.13.0" in said
    assert "all 9 set when Garrison starts" in said


def test_a_stop_is_told_with_the_command_of_its_hint(capsys):
    console.complain(Stop("This is no key.", Hint("Make a new one.", command="python3 installer key FILE")))
    console.complain(Stop("Stopped."))
    assert capsys.readouterr().err == "\nThis is no key.\nMake a new one: python3 installer key FILE\n\nStopped.\n"


def test_doctor_says_what_to_do_in_a_bare_checkout(place, capsys):
    assert doctor.report(place, 8501) == 1
    assert "python3 installer run" in capsys.readouterr().out


def test_doctor_finds_an_unfinished_installation(installed):
    environment.mark_incomplete(installed)
    assert states(installed)["environment"] == "broken"


def test_doctor_finds_another_version(installed, package):
    (installed.site / "torch-2.13.0+cpu.dist-info").rename(installed.site / "gone")
    package(installed, "torch", "2.12.0")
    assert states(installed)["torch"] == "broken"


def test_doctor_finds_a_missing_indirect_package(installed):
    (installed.site / "llama_cpp_python-0.3.36.dist-info").rename(installed.site / "gone")
    assert states(installed)["other packages"] == "broken"


def test_doctor_finds_a_missing_model(installed):
    pin = '{"name": "m", "package": "p==1", "wheel_sha256": "", "member": "p/m.gguf", "sha256": "", "format": "gguf", '
    installed.model_pins.write_text(f'[{pin} "license": "MIT", "source": "p 1"}}]')
    assert states(installed)["m"] == "broken"


def test_doctor_names_the_library_that_dies_at_work_and_the_processor(installed, fake_venv, capsys):
    words = "ended with SIGSEGV on Intel(R) Xeon(R) Processor (AMX)"
    fake_venv(f"""*trials*) echo '{{"name": "llama.cpp", "is_ok": false, "words": "{words}"}}';; {PROBE_ANSWER}""")
    assert doctor.report(installed, 8501) == 1
    assert f"broken  llama.cpp                {words}" in capsys.readouterr().out


def test_doctor_says_when_garrison_does_not_start(installed, fake_venv, capsys):
    fake_venv(f"{WORKS} *-c*) kill -ILL $$;;")
    assert doctor.report(installed, 8501) == 1
    assert "does not start: ended by signal 4" in capsys.readouterr().out


def test_doctor_finds_an_offline_variable_that_is_not_set(installed, fake_venv):
    fake_venv(f"{WORKS} *-c*) printf 'offline 9 HF_HUB_OFFLINE\\ndevice cpu\\n';;")
    assert states(installed)["offline variables"] == "broken"


def test_complete_installation_asks_pip_nothing(installed, calls, capsys):
    installation.install(installed)
    assert calls.read_text() == ""
    assert "Everything is installed" in capsys.readouterr().out


def test_interrupted_installation_goes_on_and_completes(fake_venv, package, calls, kept):
    place = fake_venv(WORKS)
    wheel = kept(place)
    package(place, "torch", "2.13.0")
    package(place, "llama-cpp-python", "0.3.36")
    cut_off = package(place, "half", "1.0", is_whole=False)
    installation.install(place)
    assert environment.is_complete(place)
    assert not cut_off.exists()
    asked = calls.read_text().splitlines()
    assert any(f"install --no-deps --require-hashes --requirement {place.venv}/requirements.lock" in line for line in asked)
    assert f"-m pip install --no-index --no-deps --force-reinstall {wheel}" in asked
    assert asked[-2:] == [
        f"-m pip install --no-deps --no-build-isolation --editable {place.root}",
        "-m core.cli.trials llama.cpp",
    ]


def test_failed_installation_is_not_taken_for_complete(fake_venv, package, kept):
    place = fake_venv("*--editable*) exit 1;;")
    kept(place)
    package(place, "torch", "2.13.0")
    package(place, "llama-cpp-python", "0.3.36")
    environment.mark_complete(place, for_tests=False)
    place.lock.write_text(place.lock.read_text() + "six==1.17.0\n")
    with pytest.raises(Stop):
        installation.install(place)
    assert not environment.is_complete(place)


STYLE = ["-m ruff check .", "-m ruff format --check .", "-m mypy"]
QUICK = " -m not browser and not model and not slow"
SLOW = " -m browser or model or slow"


def asked_for(calls) -> list[str]:
    """What the fake Python was asked to do, types (which run beside the rest) third; pytest without how tests are spread."""
    spread = " ".join(suite.pytest()).removeprefix("-m pytest")
    lines = [line.replace(spread, "") for line in calls.read_text().splitlines()]
    if STYLE[2] in lines:
        lines.remove(STYLE[2])
        lines.insert(2, STYLE[2])
    return lines


def test_every_quick_check_runs_the_worst_status_counts_and_nothing_slow_begins(fake_venv, calls, capsys):
    place = fake_venv("*mypy*) exit 2;; *check*) exit 1;;")
    assert suite.run(place, "all", []) == 2
    assert asked_for(calls) == [*STYLE, "-m pytest" + QUICK]
    assert "FAILED (2)" in capsys.readouterr().out


def test_the_slow_tests_follow_when_all_that_is_quick_has_passed(fake_venv, calls):
    assert suite.run(fake_venv(), "all", []) == 0
    assert asked_for(calls) == [*STYLE, "-m pytest" + QUICK, "-m pytest" + SLOW]


@pytest.mark.parametrize(("part", "expected"), [("quick", [*STYLE, "-m pytest" + QUICK]), ("slow", ["-m pytest" + SLOW])])
def test_a_part_is_run_alone(fake_venv, calls, part, expected):
    assert suite.run(fake_venv(), part, []) == 0
    assert asked_for(calls) == expected


def test_tests_that_somebody_chose_are_run_in_one_go(fake_venv, calls):
    assert suite.run(fake_venv(), "all", ["-k", "one"]) == 0
    assert asked_for(calls) == [*STYLE, "-m pytest -k one"]


@pytest.mark.slow
def test_quick_and_slow_tests_together_are_all_tests(tmp_path):
    names = ("browser", "model", "slow")
    source = "import pytest\n" + "".join(
        f"@pytest.mark.{' @pytest.mark.'.join(marks).replace(' ', chr(10))}\ndef test_{'_'.join(marks)}(): pass\n"
        for size in (1, 2, 3)
        for marks in itertools.combinations(names, size)
    )
    (tmp_path / "test_it.py").write_text(source + "def test_plain(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n browser\n model\n slow\n")
    chosen = {}
    for part, marks in suite.TESTS_OF.items():
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", marks, "-p", "no:cacheprovider", "."]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        chosen[part] = {line for line in done.stdout.splitlines() if "::" in line}
    assert chosen["quick"] == {"test_it.py::test_plain"}
    assert len(chosen["slow"]) == 7


def test_tests_run_in_as_many_processes_as_there_are_cores_and_memory_for(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 24 * 2**30 // 4096}.__getitem__)
    assert suite.processes() == 6
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert suite.processes() == 2
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert suite.processes() == 1


def test_quick_and_slow_cannot_be_asked_for_together(capsys):
    with pytest.raises(SystemExit):
        commands.parser().parse_args(["test", "--quick", "--slow"])
    assert "not allowed with" in capsys.readouterr().err


def test_tests_killed_by_a_signal_are_a_failure(fake_venv):
    assert suite.run(fake_venv("*pytest*) kill -KILL $$;;"), "all", []) == 128 + 9


def test_tests_are_refused_without_a_browser(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match="no Chromium"):
        suite.check_browser()


def test_arguments_after_two_dashes_are_pytests():
    assert commands.parser().parse_args(["test", "--", "-k", "one", "tests/x.py"]).pytest == ["-k", "one", "tests/x.py"]


def test_taken_port_is_refused_before_anything_starts(place, monkeypatch):
    monkeypatch.setattr(machine, "is_port_free", lambda port: False)
    with pytest.raises(Stop, match="Port 8501 is taken"):
        commands.serve(place, 8501)


def test_old_python_can_read_the_entry_and_gets_a_sentence():
    source = (ROOT / "installer" / "__main__.py").read_text()
    ast.parse(source, feature_version=(3, 6))
    pretended = source.replace("sys.version_info <", "(3, 9, 2) <").replace("sys.version_info[:2]", "(3, 9)")
    done = subprocess.run([sys.executable, "-c", pretended], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Garrison needs Python 3.11, and this is Python 3.9.\n"


def test_run_as_a_folder_it_shows_its_commands():
    done = subprocess.run([sys.executable, "installer", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(command in done.stdout for command in ("run", "test", "doctor", "lock"))


@pytest.mark.parametrize(
    ("requirement", "extra", "expected"),
    [
        ("spaCy>=3.8", "", {"spacy": set()}),
        ("cuda-toolkit[cublas,nvtx]==13.0.3; platform_system == 'Linux'", "", {"cuda-toolkit": {"cublas", "nvtx"}}),
        ('ruamel.yaml (>=0.17) ; extra == "Dev_Tools"', "", {}),
        ('ruamel.yaml (>=0.17) ; extra == "Dev_Tools"', "[dev-tools]", {"ruamel-yaml": set()}),
        ('lark; extra == "all" or extra == "json"', "[json]", {"lark": set()}),
    ],
)
def test_requirements_are_taken_apart(requirement, extra, expected):
    found = index.needed(
        [f"root{extra}"],
        index.environment("Linux", "x86_64"),
        lambda asked: [requirement] if asked.name == "root" else [],
    )
    assert {name: asked[0].extras for name, asked in found.items() if name != "root"} == expected


def test_lock_is_the_closure_without_cuda_and_without_unwanted_extras(place, package):
    package(
        place,
        "torch",
        "2.13.0",
        requires=("sympy>=1.13", 'nvidia-nccl==2; platform_system == "Linux"', 'optree; extra == "o"'),
    )
    package(place, "sympy", "1.14.0", requires=("mpmath",))
    for name in ("mpmath", "nvidia-nccl", "optree", "stranger"):
        package(place, name, "1")
    installed = {lock.normal(d.metadata["Name"]): d for d in lock.metadata.distributions(path=[str(place.site)])}
    assert lock.closure(["torch>=2.13"], installed) == {"torch", "sympy", "mpmath"}
    assert lock.closure(["torch[o]"], installed) == {"torch", "sympy", "mpmath", "optree"}
    with pytest.raises(SystemExit, match="Not installed"):
        lock.closure(["absent"], installed)


def test_shipped_locks_pin_every_direct_dependency_once_and_no_cuda():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    place = environment.Place(ROOT)
    run, test = packages.pins(place.lock), packages.pins(place.test_lock)
    direct = {lock.normal(Requirement(line).name) for line in project["dependencies"]}
    assert direct - run.keys() == set()
    assert {
        lock.normal(Requirement(line).name) for line in project["optional-dependencies"]["test"]
    } - run.keys() - test.keys() == set()
    assert run.keys() & test.keys() == set()
    assert [name for name in run if name.startswith(lock.CUDA)] == []
    assert run["torch"] == "2.13.0"
