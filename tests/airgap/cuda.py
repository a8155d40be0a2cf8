"""What a CUDA target takes, by pip's own word, without fetching gigabytes: `pip install --dry-run --report`.

    .venv/bin/python tests/airgap/cuda.py

pip resolves what Garrison needs for Linux x86_64 with the CUDA build of torch, free to choose any package; versions are held
to the locks. What it would install must be in the locks, each file by its SHA-256, and nothing of the locks may be missing.
Asks the package index; about a minute.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "installer"), str(ROOT)]

import lock  # noqa: E402
import packages  # noqa: E402
from bundle import fetch, wheels  # noqa: E402
from environment import Place  # noqa: E402
from index import normal  # noqa: E402

TARGET = wheels.TARGETS["linux-x86_64-cuda"]
# Sources alone on the index, so that no wheel of them can be resolved for another platform.
SOURCES = {wheels.BUILT, *wheels.PURE_SOURCES}


def resolved(place: Place, pins: dict[str, str]) -> dict[str, str]:
    """Name to SHA-256 of each file that pip would install."""
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / "held.txt"
        held.write_text("".join(f"{name}=={version}\n" for name, version in pins.items() if name != "torch"))
        report = Path(folder) / "report.json"
        wanted = [
            f"{name}=={version}" for name, version in packages.pins(place.lock).items() if name not in {"torch", *SOURCES}
        ]
        options = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "--quiet"]
        options += fetch.platform_options(TARGET.platforms)
        options += [f"--target={folder}/none", f"--report={report}", f"--constraint={held}"]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, *wanted, f"torch==={pins['torch']}"], check=True, cwd=ROOT
        )
        found = json.loads(report.read_text())["install"]
    return {normal(each["metadata"]["name"]): each["download_info"]["archive_info"]["hashes"]["sha256"] for each in found}


def main() -> None:
    """Compare, and print the size."""
    place = Place(ROOT)
    locked = {
        name: packages.hashes(lines) for file in wheels.locks(place, TARGET) for name, _, lines in packages.blocks(file)
    }
    pins = {name: version for file in wheels.locks(place, TARGET) for name, version in packages.pins(file).items()}
    found = resolved(place, pins)
    found = {name: digest for name, digest in found.items() if name not in lock.REPLACED}  # its replacement is in the lock
    unlocked = sorted(name for name, digest in found.items() if digest not in locked.get(name, ()))
    missing = sorted(locked.keys() - found.keys() - SOURCES)
    if unlocked or missing:
        raise SystemExit(f"not in the locks: {unlocked}; in the locks alone: {missing}")
    print(f"pip would install {len(found)} packages for {TARGET.name}, each file by its locked hash")


if __name__ == "__main__":
    main()
