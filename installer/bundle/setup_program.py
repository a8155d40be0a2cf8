"""`garrison-setup` as a program that needs no Python: PyInstaller's one-folder form, in a tar.

One folder and not one file: a one-file program unpacks itself into the temporary folder, which may be noexec or tiny.
In a tar, because it holds links, which FAT32 loses.
"""

import hashlib
import shutil
from pathlib import Path

from carry.archives import pack
from console import Stop, detail, step

from bundle import fetch
from bundle.debian_root import DebianRoot

REQUIREMENTS = ("pip", "pyinstaller==6.22.3", "cryptography==50.0.2")
CODE = ("console.py", "machine.py", "garrison_setup.py", "carry", "deploy")
BUILD = """
cd /build/setup
rm -rf built dist work
python=/out/python/bin/python3
$python -I $(ls tools/pip-*.whl)/pip install -q --no-index --find-links tools --target built {requirements}
PYTHONPATH=built:code $python -m PyInstaller --onedir --name garrison-setup --distpath dist --workpath work \\
    --specpath work --paths code --noconfirm --log-level WARN code/garrison_setup.py
dist/garrison-setup/garrison-setup --help
"""


def build(root: DebianRoot, source: Path, archive: Path, log: Path) -> None:
    """Freeze it and write the tar; nothing is done where it was made of the same code.

    Raises:
        Stop: it could not be built, or does not start.
    """
    stamp = archive.with_suffix(".code")
    code = fingerprint(source)
    if archive.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == code:
        detail("garrison-setup is there already")
        return
    work = root.path("build/setup")
    with step("Freezing garrison-setup"):
        shutil.rmtree(work, ignore_errors=True)
        (work / "code").mkdir(parents=True)
        for name in CODE:
            place = source / name
            (shutil.copytree if place.is_dir() else shutil.copyfile)(place, work / "code" / name)
        fetch.wheels(REQUIREMENTS, work / "tools", log)
        root.run(BUILD.format(requirements=" ".join(REQUIREMENTS)), log)
        if not (work / "dist/garrison-setup/garrison-setup").is_file():
            raise Stop("garrison-setup was not built.", f"{log} says why.")
        pack(work / "dist/garrison-setup", archive)
        stamp.write_text(code, encoding="utf-8")


def fingerprint(source: Path) -> str:
    """SHA-256 over the code that is frozen and the versions it is frozen with."""
    digest = hashlib.sha256(repr(REQUIREMENTS).encode())
    for name in CODE:
        place = source / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
