import ast
import subprocess
import sys
from pathlib import Path

import commands
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

ROOT = Path(commands.__file__).resolve().parents[1]
PROBE_ANSWER = "*-c*) printf 'loading torch\\nloading core\\noffline 9 -\\ndevice cpu\\n';;"


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


def test_doctor_names_the_library_that_does_not_load(installed, fake_venv, capsys):
    fake_venv("*-c*) printf 'loading torch\\nloading llama_cpp\\n'; kill -ILL $$;;")
    assert doctor.report(installed, 8501) == 1
    assert "llama_cpp does not load: ended by signal 4" in capsys.readouterr().out


def test_doctor_finds_an_offline_variable_that_is_not_set(installed, fake_venv):
    fake_venv("*-c*) printf 'loading torch\\noffline 9 HF_HUB_OFFLINE\\ndevice cpu\\n';;")
    assert states(installed)["offline variables"] == "broken"


def test_complete_installation_asks_pip_nothing(installed, calls, capsys):
    installation.install(installed)
    assert calls.read_text() == ""
    assert "Everything is installed" in capsys.readouterr().out


def test_interrupted_installation_goes_on_and_completes(fake_venv, package, calls):
    place = fake_venv()
    package(place, "torch", "2.13.0")
    package(place, "llama-cpp-python", "0.3.36")
    cut_off = package(place, "half", "1.0", is_whole=False)
    installation.install(place)
    assert environment.is_complete(place)
    assert not cut_off.exists()
    asked = calls.read_text().splitlines()
    assert any(f"install --no-deps --require-hashes --requirement {place.venv}/requirements.lock" in line for line in asked)
    assert asked[-1] == f"-m pip install --no-deps --no-build-isolation --editable {place.root}"


def test_failed_installation_is_not_taken_for_complete(fake_venv, package):
    place = fake_venv("*--editable*) exit 1;;")
    package(place, "torch", "2.13.0")
    package(place, "llama-cpp-python", "0.3.36")
    environment.mark_complete(place, for_tests=False)
    place.lock.write_text(place.lock.read_text() + "six==1.17.0\n")
    with pytest.raises(Stop):
        installation.install(place)
    assert not environment.is_complete(place)


def test_every_check_runs_and_the_worst_status_counts(fake_venv, calls, capsys):
    place = fake_venv("*mypy*) exit 2;; *check*) exit 1;;")
    assert suite.run(place, ["-k", "one"]) == 2
    asked = calls.read_text().splitlines()
    assert asked == ["-m ruff check .", "-m ruff format --check .", "-m mypy", "-m pytest -k one"]
    assert "FAILED (2)" in capsys.readouterr().out


def test_tests_killed_by_a_signal_are_a_failure(fake_venv):
    assert suite.run(fake_venv("*pytest*) kill -KILL $$;;"), []) == 128 + 9


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
    assert done.stderr == "Garrison needs Python 3.11 or newer, and this is Python 3.9.\n"


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
