"""Builds `garrison-setup` as a program that needs no Python: PyInstaller's one-folder form, in a tar.

A folder rather than a single file, because a one-file program unpacks itself into the temporary folder, which may be
noexec or tiny. A tar, because the folder contains links, which FAT32 cannot store.
"""

import hashlib
import shutil
from pathlib import Path

import cache
from console import Stop, detail, step

from bundle import fetch
from bundle.debian_root import DebianRoot
from core.carry.archives import pack

REQUIREMENTS = ("pip", "pyinstaller==6.22.3", "cryptography==50.0.2")
CODE = (
    *("installer/console.py", "installer/machine.py", "installer/garrison_setup.py", "installer/deploy"),
    *("core/__init__.py", "core/offline.py", "core/errors.py", "core/carry"),
)
BUILD = """
cd /build/setup
rm -rf built dist work
python=/out/python/bin/python3
$python -I $(ls tools/pip-*.whl)/pip install -q --no-index --find-links tools --target built {requirements}
PYTHONPATH=built:code $python -m PyInstaller --onedir --name garrison-setup --distpath dist --workpath work \\
    --specpath work --paths code --paths code/installer --noconfirm --log-level WARN code/installer/garrison_setup.py
dist/garrison-setup/garrison-setup --help
"""


def build(root: DebianRoot, source: Path, folder: Path, log: Path) -> Path:
    """Return the tar in `folder`, freezing the code in `source` (the checkout) unless the tar of the same code exists.

    Raises:
        Stop: The program could not be built, or does not start.
    """
    archive = folder / f"garrison-setup-{cache.recipe(REQUIREMENTS, BUILD, code(source))}.tar"
    if archive.exists():
        detail(f"garrison-setup is there already ({archive.name})")
        return archive
    for old in folder.glob("garrison-setup-*.tar"):
        old.unlink()
    work = root.path("build/setup")
    with step("Freezing garrison-setup"):
        shutil.rmtree(work, ignore_errors=True)
        for name in CODE:
            place, copy = source / name, work / "code" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if place.is_dir() else shutil.copyfile)(place, copy)
        fetch.wheels(REQUIREMENTS, work / "tools", log)
        root.run(BUILD.format(requirements=" ".join(REQUIREMENTS)), log)
        if not (work / "dist/garrison-setup/garrison-setup").is_file():
            raise Stop("garrison-setup was not built.", f"{log} says why.")
        pack(work / "dist/garrison-setup", archive)
    return archive


def code(source: Path) -> str:
    """Return the SHA-256 over the code to be frozen."""
    digest = hashlib.sha256()
    for name in CODE:
        place = source / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
