"""`receipt.json`: every file of an installed version with its size and hash, and what the self-tests said."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console import Meter

from core.carry.manifest import Manifest
from core.carry.parts import file_sha256
from deploy.prefix import read_json, write_atomic

RECEIPT = "receipt.json"


def write(folder: Path, manifest: Manifest) -> None:
    """Hash every file below `folder` and write the receipt there."""
    names = sorted(names_of(folder))
    entries: dict[str, list[Any]] = {}
    with Meter("hashing", sum((folder / name).lstat().st_size for name in names)) as meter:
        for name in names:
            path = folder / name
            if path.is_symlink():
                entries[name] = ["link", os.readlink(path)]
            else:
                entries[name] = [path.stat().st_size, file_sha256(path, meter.add)]
    content = {
        "version": manifest.version,
        "target": manifest.target,
        "installed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": entries,
        "self_tests": [],
    }
    write_atomic(folder / RECEIPT, json.dumps(content) + "\n")


def names_of(folder: Path) -> Iterator[str]:
    """Every file and link below `folder`, relative; the receipt itself is left out."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            relative = os.path.relpath(os.path.join(place, name), folder)
            if relative != RECEIPT:
                yield relative


def changes(folder: Path) -> Iterator[str]:
    """What differs from the receipt: `changed`, `missing` or `added`, each with the file. Reads every byte."""
    entries: dict[str, list[Any]] = read_json(folder / RECEIPT)["files"]
    present = set(names_of(folder))
    sizes = sum(entry[0] for entry in entries.values() if entry[0] != "link")
    with Meter("comparing", sizes) as meter:
        for name, (kind, value) in sorted(entries.items()):
            path = folder / name
            if name not in present:
                yield f"missing: {path}"
            elif kind == "link":
                if not path.is_symlink() or os.readlink(path) != value:
                    yield f"changed: {path}"
            elif path.is_symlink() or path.stat().st_size != kind or file_sha256(path, meter.add) != value:
                yield f"changed: {path}"
    for name in sorted(present - entries.keys()):
        yield f"added: {folder / name}"


def add_self_test(folder: Path, result: dict[str, Any]) -> None:
    """Keep the result of a self-test in the receipt."""
    content = read_json(folder / RECEIPT)
    content["self_tests"].append(result)
    write_atomic(folder / RECEIPT, json.dumps(content) + "\n")
