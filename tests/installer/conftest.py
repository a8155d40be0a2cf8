import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "installer"))  # as `python3 installer` does

import engine  # noqa: E402
from environment import Place  # noqa: E402

FAKE_PYTHON = """#!/bin/sh
# Stands for the environment's Python: writes down how it was called, answers as the test wants.
printf '%s\\n' "$*" >> "{calls}"
case "$*" in {answers} esac
exit 0
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout with a small lock, no models and no environment."""
    (tmp_path / "installer").mkdir()
    (tmp_path / "wheelhouse").mkdir()
    (tmp_path / "installer" / "requirements.lock").write_text("# pins\npip==26.3\ntorch==2.13.0\nllama-cpp-python==0.3.36\n")
    (tmp_path / "installer" / "requirements-test.lock").write_text("pytest==9.2.0\n")
    (tmp_path / "installer" / "requirements-cuda.lock").write_text("triton==3.7.1\n")
    (tmp_path / "installer" / "models.json").write_text("[]")
    (tmp_path / "installer" / "engine.cmake").touch()
    (tmp_path / "installer" / "engine_adapter.h").touch()
    (tmp_path / "installer" / "engine.py").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["torch>=2.13"]\n')
    return Place(tmp_path)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """What the fake Python was asked to do, a line each."""
    file = tmp_path / "calls.txt"
    file.touch()
    return file


@pytest.fixture
def fake_venv(place: Place, calls: Path):
    """Make a whole environment whose Python is a shell script; `answers` are lines of a shell `case`."""

    def make(answers: str = "") -> Place:
        place.python.parent.mkdir(parents=True, exist_ok=True)
        place.python.write_text(FAKE_PYTHON.format(calls=calls, answers=answers))
        place.python.chmod(0o755)
        (place.venv / "pyvenv.cfg").write_text(f"version = 3.11.7\ncommand = /usr/bin/python3 -m venv {place.venv}\n")
        (place.venv / "lib" / "python3.11" / "site-packages").mkdir(parents=True, exist_ok=True)
        if not list(place.site.glob("pip-*")):
            put_package(place, "pip", "26.3")
        return place

    return make


def put_package(place: Place, name: str, version: str, *, is_whole: bool = True, requires: tuple[str, ...] = ()) -> Path:
    """Metadata of an installed package, or of one that pip had not finished."""
    info = place.site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
    mark = f"{info.name}/INSTALLER,,\n" if is_whole else ""
    (info / "RECORD").write_text(f"{name}.py,,\n{mark}")
    return info


@pytest.fixture
def package():
    """`put_package`."""
    return put_package


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Keep a wheel of llama.cpp, as an earlier build left it; the cache is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def keep(place: Place, build: engine.Build = engine.Build.NATIVE) -> Path:
        place.venv.mkdir(exist_ok=True)
        folder = engine.folder(place, build)
        folder.mkdir(parents=True, exist_ok=True)
        wheel = folder / "llama_cpp_python-0.3.36-py3-none-linux_x86_64.whl"
        wheel.touch()
        return wheel

    return keep


@pytest.fixture
def torch_report(tmp_path: Path):
    """A file with the report that `pip install --dry-run --report -` gives for torch; returns its path."""

    def write(version: str, requires: list[str]) -> Path:
        file = tmp_path / "report.json"
        file.write_text(
            json.dumps({"install": [{"metadata": {"name": "torch", "version": version, "requires_dist": requires}}]})
        )
        return file

    return write
