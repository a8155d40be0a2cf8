"""The folder that holds an installation, and who may change it.

    PREFIX/store/<sha256>      every file of the bundles, once; versions hold hard links to them
    PREFIX/versions/<version>/ one installed version: python/, bin/garrison, manifest.json, receipt.json
    PREFIX/current             a link to the version in use; changed by one rename
    PREFIX/signer.pem          the key that the first bundle was checked with: upgrades must be signed by it
    PREFIX/state.json          what happened when, and what was set up beside the files

Data (projects, models that people added) lies elsewhere and is never touched.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console import Stop

from core.carry.manifest import MANIFEST, Manifest, load


@dataclass(slots=True)
class State:
    """`history`: what was done, oldest first. `previous`: the version that a rollback goes back to."""

    previous: str = ""
    user: str = ""
    home: str = ""  # the service's workspace; "" where no service was set up
    system_files: list[str] = field(default_factory=list)  # outside the prefix: unit, desktop entry, trust list
    history: list[dict[str, str]] = field(default_factory=list)

    def note(self, action: str, version: str) -> None:
        """Add a line to the history."""
        self.history.append({"at": datetime.now(UTC).isoformat(timespec="seconds"), "action": action, "version": version})


@dataclass(frozen=True, slots=True)
class Prefix:
    """An installation's folder."""

    root: Path

    @property
    def store(self) -> Path:
        """Where the bundles' files lie, named by their SHA-256."""
        return self.root / "store"

    @property
    def versions(self) -> Path:
        """A folder for each installed version."""
        return self.root / "versions"

    @property
    def current(self) -> Path:
        """The link to the version in use."""
        return self.root / "current"

    @property
    def signer(self) -> Path:
        """The key that is trusted from the first installation on."""
        return self.root / "signer.pem"

    def version_folder(self, version: str) -> Path:
        """Where one version lies."""
        return self.versions / version

    def current_version(self) -> str:
        """The version in use; "" where none is."""
        return os.readlink(self.current).rpartition("/")[2] if self.current.is_symlink() else ""

    def installed(self) -> list[str]:
        """Every complete version."""
        folders = self.versions.iterdir() if self.versions.is_dir() else ()
        return sorted(folder.name for folder in folders if (folder / "receipt.json").is_file())

    def manifest(self, version: str) -> Manifest:
        """The manifest of an installed version."""
        return load(self.version_folder(version) / MANIFEST)

    def state(self) -> State:
        """What was written last; an empty one at first."""
        path = self.root / "state.json"
        return State(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else State()

    def write_state(self, state: State) -> None:
        """Keep `state`."""
        write_atomic(self.root / "state.json", json.dumps(asdict(state), indent=1) + "\n")

    def make_current(self, version: str) -> None:
        """Point `current` at a complete version, by one rename."""
        fresh = self.root / ".current"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(f"versions/{version}")
        fresh.rename(self.current)
        sync_folder(self.root)

    def object(self, sha256: str) -> Path:
        """Where the content with this hash lies, or would lie."""
        return self.store / sha256

    def forget_unused(self) -> int:
        """Remove stored files that no installed version names; the number of bytes that became free."""
        kept = {file.sha256 for version in self.installed() for file in self.manifest(version).files}
        freed = 0
        for path in self.store.iterdir() if self.store.is_dir() else ():
            if path.name not in kept:
                freed += path.stat().st_size
                path.unlink()
        return freed

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only one who changes this installation; the kernel lets go when this process ends, however it ends.

        Raises:
            Stop: somebody else is at it, or the folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle = (self.root / ".lock").open("w", encoding="utf-8")
        except OSError as error:
            raise Stop(
                f"{self.root} cannot be written ({error.strerror}).",
                "Run this as root, or choose a place of yours with --prefix.",
            ) from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Stop(f"Another garrison-setup is at work in {self.root}.", "Wait until it has ended.") from error
            yield


def write_atomic(path: Path, content: str) -> None:
    """Write a small file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(folder: Path) -> None:
    """Remove a folder that may be there, however far an earlier removal came."""
    if folder.is_dir():
        doomed = folder.with_name(f".removing-{folder.name}")
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)  # at once out of sight: a half-removed version never looks like a whole one
        shutil.rmtree(doomed)


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        Stop: it is not there or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Stop(f"{path} cannot be read.", "Install the version again from its bundle.") from error
