"""The virtual environment in `.venv`: created, repaired after an interruption, stamped when complete."""

import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import machine
from console import Stop, detail


@dataclass(frozen=True, slots=True)
class Place:
    """A checkout and the environment inside it."""

    root: Path

    @property
    def venv(self) -> Path:
        """The environment's folder."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.venv / "bin" / "python"

    @property
    def site(self) -> Path:
        """The `site-packages` folder of the environment's Python."""
        sites = sorted(self.venv.glob("lib/python3.*/site-packages"))
        return sites[0] if sites else self.venv / "lib" / "site-packages"

    @property
    def log(self) -> Path:
        """The full output of pip."""
        return self.venv / "install.log"

    @property
    def wheelhouse(self) -> Path:
        """The folder of bundled wheels, used instead of an index if it has any."""
        return self.root / "wheelhouse"

    @property
    def models(self) -> Path:
        """The folder of the embedded models."""
        return self.venv / "share" / "garrison" / "models"

    @property
    def lock(self) -> Path:
        """The lock file with exact versions of everything Garrison runs on."""
        return self.root / "installer" / "requirements.lock"

    @property
    def test_lock(self) -> Path:
        """The lock file of what the tests need on top of `lock`."""
        return self.root / "installer" / "requirements-test.lock"

    @property
    def cuda_lock(self) -> Path:
        """The lock file of what a CUDA build of torch needs on top of `lock`."""
        return self.root / "installer" / "requirements-cuda.lock"

    @property
    def engine(self) -> tuple[Path, Path, Path]:
        """The files that decide how llama.cpp is built: its targets, the code added to it, the flags."""
        folder = self.root / "installer"
        return folder / "engine.cmake", folder / "engine_adapter.h", folder / "engine.py"

    @property
    def model_pins(self) -> Path:
        """The file listing the embedded models and their checksums."""
        return self.root / "installer" / "models.json"


def child_environment() -> dict[str, str]:
    """Return this process's variables (pip's settings included) without those that would mix two Pythons."""
    dropped = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    return {name: value for name, value in os.environ.items() if name not in dropped} | quiet


@contextmanager
def held(place: Place) -> Iterator[IO[bytes]]:
    """Lock the checkout, so that two installers (or one and the pip of a killed one) never write at the same time.

    The lock belongs to the open file: pip inherits it, and the kernel releases it when the last holder ends.
    """
    with place.lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            detail("another installation is still at work here; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle


def fingerprint(place: Place, *, for_tests: bool) -> str:
    """Return a SHA-256 over all that decides what gets installed: pins, engine files, project file, Python, location.

    The location counts because an environment that was moved is broken (its scripts contain absolute paths).
    """
    files = [place.lock, place.cuda_lock, place.model_pins, *place.engine, place.root / "pyproject.toml"]
    files += [place.test_lock] if for_tests else []
    digest = hashlib.sha256(f"{place.venv}\n{settings_of(place).get('version', '')}\n".encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp_file(place: Place, *, for_tests: bool) -> Path:
    """Return the path of the stamp; with the right content, it says that an installation was completed."""
    return place.venv / ("installed-test.json" if for_tests else "installed.json")


def is_complete(place: Place, *, for_tests: bool = False) -> bool:
    """Return whether nothing is left to install."""
    try:
        stamp = json.loads(stamp_file(place, for_tests=for_tests).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return place.python.exists() and stamp == {"fingerprint": fingerprint(place, for_tests=for_tests)}


def mark_complete(place: Place, *, for_tests: bool) -> None:
    """Write the stamp atomically."""
    target = stamp_file(place, for_tests=for_tests)
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps({"fingerprint": fingerprint(place, for_tests=for_tests)}), encoding="utf-8")
    partial.replace(target)


def mark_incomplete(place: Place) -> None:
    """Remove the stamps, before anything is changed."""
    for for_tests in (False, True):
        stamp_file(place, for_tests=for_tests).unlink(missing_ok=True)


def settings_of(place: Place) -> dict[str, str]:
    """Read the settings in `pyvenv.cfg`; return {} if there is none."""
    try:
        lines = (place.venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split(" = ", 1) for line in lines if " = " in line)


def is_usable(place: Place) -> bool:
    """Return whether the environment was made here, has the right version of Python, and a completely installed pip."""
    settings = settings_of(place)
    version = tuple(int(part) for part in settings.get("version", "0").split(".")[:2] if part.isdigit())
    made_at = settings.get("command", "").rpartition(" -m venv ")[2]
    if version != machine.PYTHON or not place.python.exists():
        return False
    if made_at and Path(made_at).resolve() != place.venv.resolve():
        return False
    pips = {folder.name for folder in place.site.glob("pip-*.dist-info")}
    return bool(pips) and not pips & set(half_installed(place.site))


def parent_python() -> str:
    """Return the Python to create environments with; never one inside an environment, which `make` may have to remove."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def make(place: Place) -> None:
    """Create `.venv`, keeping a usable one and replacing an unusable one.

    Raises:
        Stop: Python's `venv` failed.
    """
    if is_usable(place):
        detail("there already; going on with it")
        return
    if place.venv.exists():
        detail("what lies there is unfinished or was moved: making it anew")
        shutil.rmtree(place.venv)
    done = subprocess.run(
        [parent_python(), "-m", "venv", str(place.venv)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip().splitlines()
        raise Stop(
            f"Python could not make {place.venv}: {words[-1] if words else 'no reason given'}.", "Check its venv module."
        )


def half_installed(site: Path) -> list[str]:
    """Return the names of `*.dist-info` folders whose installation was interrupted.

    pip lists INSTALLER in RECORD as the last step of an installation, so a RECORD without it, or no RECORD at all,
    means that files may be missing although pip counts the package as installed.
    """
    return [
        folder.name
        for folder in sorted(site.glob("[!~]*.dist-info"))
        if not (folder / "RECORD").is_file()
        or "/INSTALLER," not in (folder / "RECORD").read_text(encoding="utf-8", errors="replace")
    ]


def mend(site: Path) -> list[str]:
    """Make pip see interrupted packages as not installed, and return the names of their `*.dist-info` folders."""
    cut_off = half_installed(site)
    leftovers = [folder.name for folder in site.glob("~*")]  # what pip calls files it was about to remove
    for name in cut_off + leftovers:
        target = site / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    return cut_off


def installed_version(place: Place, name: str) -> str:
    """Return the installed version of `name` without its local part (`2.13.0` for `2.13.0+cpu`); "" if not installed."""
    return installed_build(place, name).partition("+")[0]


def installed_build(place: Place, name: str) -> str:
    """Return the installed version of `name` including its local part; "" if not installed."""
    distribution = next(iter(importlib.metadata.distributions(name=name, path=[str(place.site)])), None)
    return distribution.version if distribution else ""
