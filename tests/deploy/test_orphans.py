"""What an installation started ends with it, however it ends: nobody goes on writing into a half version."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from deploy import install

INSTALLER = Path(install.__file__).resolve().parents[1]
PARENT = """
import sys
from pathlib import Path
sys.path[:0] = [{installer!r}, {root!r}]
from deploy import install
install.run(Path(sys.executable), ["-c", {child!r}], Path({folder!r}))
"""
CHILD = "import os, time, pathlib; pathlib.Path({pid!r}).write_text(str(os.getpid())); time.sleep(120)"


def until(seen, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_installation_takes_pip_along(tmp_path):
    noted = tmp_path / "pid"
    child = CHILD.format(pid=str(noted))
    script = PARENT.format(installer=str(INSTALLER), root=str(INSTALLER.parent), child=child, folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        until(lambda: noted.is_file() and noted.read_text())
        pid = int(noted.read_text())
        assert is_running(pid)
        parent.kill()
    until(lambda: not is_running(pid))


def test_every_source_gets_its_byte_code_and_a_broken_one_is_left(tmp_path):
    lib, temporary = tmp_path / "lib", tmp_path / "tmp"
    (lib / "inner").mkdir(parents=True)
    temporary.mkdir()
    for number in range(5):
        (lib / "inner" / f"m{number}.py").write_text(f"x = {number}\n")
    (lib / "template.py").write_text("this is {{ no python }}")
    install.compile_sources(Path(sys.executable), lib, temporary)
    assert len(list(lib.rglob("*.pyc"))) == 5


@pytest.mark.parametrize("words", ["ERROR: No space left on device", "OSError: [Errno 28] No space left on device: 'x'"])
def test_a_disk_that_pip_filled_is_told_from_a_package_that_is_broken(tmp_path, words):
    with pytest.raises(OSError, match="No space left"):
        install.run(Path(sys.executable), ["-c", f"raise SystemExit({words!r})"], tmp_path)
