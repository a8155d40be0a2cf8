"""`receipt.json`: every file of an installed version with its size and hash, and the results of its self-tests."""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from console import Meter, Stop

from core.carry.manifest import Manifest
from core.carry.parts import file_sha256, is_plain_file
from core.carry.verify import shown
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


def load(folder: Path) -> dict[str, Any]:
    """Read the receipt of an installed version and check its structure.

    Raises:
        Stop: The receipt is missing or damaged.
    """
    content = read_json(folder / RECEIPT)
    try:
        entries = [(name, kind, value) for name, (kind, value) in content["files"].items()]
        is_sound = all(isinstance(kind, int) or kind == "link" for _, kind, _ in entries)
        is_sound &= all(isinstance(value, str) for _, _, value in entries) and isinstance(content["self_tests"], list)
        is_sound &= all({"ok", "at"} <= test.keys() for test in content["self_tests"]) and isinstance(content["target"], str)
    except (ValueError, TypeError, KeyError, AttributeError):
        is_sound = False
    if not is_sound:
        raise Stop(f"{folder / RECEIPT} is damaged.", "Install the version again from its bundle.")
    return dict(content)


def names_inside(folder: Path, names: Iterable[str]) -> list[str]:
    """Return the names of a receipt that lie inside `folder`, with links resolved; only these may be removed through it."""
    real = os.path.realpath(folder)

    @cache
    def is_below(place: str) -> bool:
        return Path(os.path.realpath(folder / place)).is_relative_to(real)

    plain = (name for name in names if name and not os.path.isabs(name) and not {".", ".."} & set(name.split("/")))
    return [name for name in plain if is_below(os.path.dirname(name))]


def names_of(folder: Path) -> Iterator[str]:
    """Yield the relative path of every file and link below `folder`, except the receipt itself."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            relative = os.path.relpath(os.path.join(place, name), folder)
            if relative != RECEIPT:
                yield relative


def changes(folder: Path) -> Iterator[str]:
    """Read every byte and yield each difference from the receipt, as `changed`, `missing` or `added` with the path."""
    entries: dict[str, list[Any]] = load(folder)["files"]
    present = set(names_of(folder))
    sizes = sum(entry[0] for entry in entries.values() if entry[0] != "link")
    with Meter("comparing", sizes) as meter:
        for name, (kind, value) in sorted(entries.items()):
            path = folder / name
            if name not in present:
                yield f"missing: {shown(str(path))}"
            elif kind == "link":
                if not path.is_symlink() or os.readlink(path) != value:
                    yield f"changed: {shown(str(path))}"
            elif not is_plain_file(path) or path.stat().st_size != kind or file_sha256(path, meter.add) != value:
                yield f"changed: {shown(str(path))}"
    for name in sorted(present - entries.keys()):
        yield f"added: {shown(str(folder / name))}"


def add_self_test(folder: Path, result: dict[str, Any]) -> None:
    """Add the result of a self-test to the receipt."""
    content = load(folder)
    content["self_tests"].append(result)
    write_atomic(folder / RECEIPT, json.dumps(content) + "\n")
