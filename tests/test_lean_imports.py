import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.lean_imports import without


@pytest.mark.slow
def test_a_search_starts_without_the_libraries_that_it_does_not_use() -> None:
    program = (
        "import sys, core.privacy.detection.networks.reader; "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package that lies on the path and was not imported yet."""
    folder = tmp_path / "garrison_lean_example"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "part.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, folder.name, raising=False)
    return folder.name


def test_what_is_left_out_counts_as_not_installed_in_the_block_alone(package: str) -> None:
    with without(package), pytest.raises(ModuleNotFoundError, match=package):
        __import__(f"{package}.part")
    assert __import__(f"{package}.part").__name__ == package


def test_another_thread_imports_it_meanwhile(package: str) -> None:
    with without(package), ThreadPoolExecutor(1) as other:
        assert other.submit(__import__, package).result().__name__ == package


def test_what_is_loaded_already_stays_usable(package: str) -> None:
    __import__(package)
    with without(package):
        assert __import__(package).__name__ == package
