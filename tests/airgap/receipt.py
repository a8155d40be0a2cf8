"""What the last proof was made of and what it showed: `receipt.json`, committed. Standard library alone.

    python3 tests/airgap/receipt.py                            status 0 where the last proof holds, 1 where it does not
    python3 tests/airgap/receipt.py --write --bundle DIR FILE…   after a proof; `tests/airgap/run` calls it so

The proof takes half an hour, and nothing but what goes into a bundle or into the proof itself can change how it ends. Each
of these inputs stands in the receipt with one SHA-256; `.ci/run` goes through the proof where one of them differs.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECEIPT = "tests/airgap/receipt.json"
# What decides whether a bundle is built, installed and run: pins, recipes, the code that carries and installs, the proof.
INPUTS = (
    "pyproject.toml",
    "installer",
    "core/__init__.py",
    "core/carry",
    "core/cli/selftest.py",
    "core/cli/trials.py",
    "core/errors.py",
    "core/installation.py",
    "core/models/engine",
    "core/offline.py",
    "tests/airgap",
)
MADE = {"__pycache__", "receipt.json"}  # lie beside the inputs and are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The inputs of a proof, its day, and its figures."""

    inputs: dict[str, str]  # path below the checkout to SHA-256
    proven_at: str  # a day, ISO 8601
    bundle_bytes: int
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)  # of each step, in each root


def files_of(place: Path) -> Iterator[Path]:
    """Yield the files of an input, itself or below it, sorted; nothing where it is not there."""
    found = sorted(place.rglob("*")) if place.is_dir() else [place]
    yield from (path for path in found if path.is_file() and not MADE & {*path.parts})


def inputs_of(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each input: of the sorted list of its files and theirs, as the embedded models have it."""
    return {name: fingerprint(root, root / name) for name in INPUTS}


def fingerprint(root: Path, place: Path) -> str:
    """Return one SHA-256 for names, contents and the right to be run of all files of an input."""
    digest = hashlib.sha256()
    for path in files_of(place):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        is_program = path.stat().st_mode & 0o100 != 0
        digest.update(f"{content} {'x' if is_program else '-'} {path.relative_to(root).as_posix()}\n".encode())
    return digest.hexdigest()


def read(root: Path) -> Receipt | None:
    """Return the receipt of a checkout; None where there is none that can be read."""
    try:
        return Receipt(**json.loads((root / RECEIPT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def changed(root: Path, receipt: Receipt) -> list[str]:
    """Return the inputs that are not what the receipt has."""
    found = inputs_of(root)
    return sorted(name for name in found.keys() | receipt.inputs.keys() if found.get(name) != receipt.inputs.get(name))


def report(root: Path) -> int:
    """Say whether the last proof holds; return the exit status."""
    receipt = read(root)
    if receipt is None:
        print(f"The offline proof is due: {RECEIPT} says of no proof yet.")
        return 1
    if differing := changed(root, receipt):
        print(f"The offline proof is due: since the one of {receipt.proven_at} changed {', '.join(differing)}.")
        return 1
    print(f"The offline proof of {receipt.proven_at} holds: nothing that goes into it changed.")
    return 0


def write(root: Path, bundle: Path, times: list[Path]) -> None:
    """Write the receipt of a proof that has just ended well.

    Args:
        root: the checkout.
        bundle: the folder of the bundle that was proven.
        times: what `prove.py --json` wrote, a file for each root.
    """
    told: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in times]
    receipt = Receipt(
        inputs=inputs_of(root),
        proven_at=datetime.now(UTC).date().isoformat(),
        bundle_bytes=sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file()),
        seconds={each["suite"]: each["seconds"] for each in told},
    )
    (root / RECEIPT).write_text(json.dumps(asdict(receipt), indent=1) + "\n", encoding="utf-8")
    print(f"Written to {RECEIPT}: commit it, and the proof is not made again until one of its inputs changes.")


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="after a proof: write the receipt anew")
    parser.add_argument("--bundle", type=Path, help="the bundle that was proven")
    parser.add_argument("times", nargs="*", type=Path, help="times of the steps, a file for each root")
    chosen = parser.parse_args()
    if not chosen.write:
        return report(ROOT)
    write(ROOT, chosen.bundle, chosen.times)
    return 0


if __name__ == "__main__":
    sys.exit(main())
