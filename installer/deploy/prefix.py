"""The folder that holds an installation, and checks that nobody else can change it.

    PREFIX/store/<sha256>      every file of the bundles, once; versions hold hard links to them
    PREFIX/versions/<version>/ one installed version: python/, bin/, setup/, manifest.json, receipt.json
    PREFIX/current             a link to the version in use; changed by one rename
    PREFIX/signer.pem          the key of the last signed bundle; unless told otherwise, upgrades must be signed by it
    PREFIX/state.json          what happened when, and which files were set up outside the prefix

Data (projects, models that people added) lies elsewhere and is never touched.
"""

import fcntl
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console import Stop

from core.carry.manifest import MANIFEST, Manifest, load

OURS = frozenset(("store", "versions", "current", "signer.pem", "state.json", ".lock", ".current", ".state.json.partial"))
MAX_LINKS = 40  # path_resolution(7)


@dataclass(slots=True)
class State:
    """The record of an installation. `history`: operations, oldest first. `previous`: the version to roll back to."""

    previous: str = ""
    user: str = ""
    home: str = ""  # the service's workspace; "" if no service was set up
    port: int = 0  # the service's; 0 if no service was set up
    system_files: list[str] = field(default_factory=list)  # files outside the prefix: unit, desktop entry, trust list
    history: list[dict[str, str]] = field(default_factory=list)

    def note(self, action: str, version: str) -> None:
        """Add an operation to the history, with the current time."""
        self.history.append({"at": datetime.now(UTC).isoformat(timespec="seconds"), "action": action, "version": version})


@dataclass(frozen=True, slots=True)
class Prefix:
    """An installation's folder, and the system's root folder: `/` except in tests."""

    root: Path
    system: Path = Path("/")

    @property
    def store(self) -> Path:
        """The folder of the bundles' files, named by their SHA-256."""
        return self.root / "store"

    @property
    def versions(self) -> Path:
        """The folder with a subfolder for each installed version."""
        return self.root / "versions"

    @property
    def current(self) -> Path:
        """The link to the version in use."""
        return self.root / "current"

    @property
    def signer(self) -> Path:
        """The file with the public key that upgrades are verified with by default."""
        return self.root / "signer.pem"

    def version_folder(self, version: str) -> Path:
        """Return the folder of a version."""
        return self.versions / version

    def current_version(self) -> str:
        """Return the version in use; "" if none is, or if `current` does not point to a version here."""
        folder, _, name = os.readlink(self.current).rpartition("/") if self.current.is_symlink() else ("", "", "")
        return name if folder == self.versions.name and name not in ("", ".", "..") else ""

    def installed(self) -> list[str]:
        """List all complete versions, oldest first."""
        folders = [folder for folder in self.versions.glob("[!.]*") if not folder.is_symlink()]
        return sorted((folder.name for folder in folders if self.is_complete(folder.name)), key=age)

    def is_complete(self, version: str) -> bool:
        """Return whether a version is completely installed: the receipt is written last."""
        return (self.version_folder(version) / "receipt.json").is_file()

    def unfinished(self) -> list[Path]:
        """List the folders that interrupted installations and removals left among the versions."""
        return [folder for folder in self.versions.glob(".*") if folder.is_dir() and not folder.is_symlink()]

    def manifest(self, version: str) -> Manifest:
        """Read the manifest of an installed version."""
        return load(self.version_folder(version) / MANIFEST)

    def state(self) -> State:
        """Read the state last written; return an empty one if there is none yet.

        Raises:
            Stop: The file is damaged.
        """
        path = self.root / "state.json"
        if not path.exists():
            return State()
        try:
            return parse_state(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Stop(
                f"{path} is damaged.", "Remove it; what it says about service and history is then unknown."
            ) from error

    def write_state(self, state: State) -> None:
        """Write `state` to its file atomically."""
        write_atomic(self.root / "state.json", json.dumps(asdict(state), indent=1) + "\n")

    def make_current(self, version: str) -> None:
        """Point `current` at a complete version, by a single rename.

        Raises:
            Stop: `current` is not a link, so this program did not create it.
        """
        if self.current.exists() and not self.current.is_symlink():
            raise Stop(f"{self.current} is no link to a version.", "Move it away, then run the same command again.")
        fresh = self.root / ".current"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(f"versions/{version}")
        fresh.rename(self.current)
        sync_folder(self.root)

    def object(self, sha256: str) -> Path:
        """Return the path at which the content with this hash is or would be stored."""
        return self.store / sha256

    def strangers(self) -> list[str]:
        """List what is in the folder but does not belong to this program; everything if nothing was ever installed."""
        names = {path.name for path in self.root.iterdir()} if self.root.is_dir() else set()
        return sorted(names if ".lock" not in names else names - OURS)

    def present_bytes(self, manifest: Manifest) -> int:
        """Return the bytes that installing this need not add: stored files of the right size, and leftovers to remove."""
        if self.is_complete(manifest.version):
            return manifest.needs.unpacked_bytes
        sizes = {file.sha256: file.size_bytes for file in manifest.files} | {
            file.sha256: file.size_bytes for file in manifest.loose
        }
        stored = sum(size_bytes(path) for path in self.store.glob("*") if sizes.get(path.name) == size_bytes(path))
        rest = [*self.store.glob("*.partial"), *(path for folder in self.unfinished() for path in folder.rglob("*"))]
        return stored + sum(size_bytes(path, with_links=False) for path in rest)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock this installation for exclusive changes; the kernel releases the lock when this process ends in any way.

        Raises:
            Stop: Another process holds it, the folder cannot be written, or others could change it.
        """
        self._refuse_danger()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle = os.fdopen(os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "w")
            os.fchmod(handle.fileno(), 0o600)  # whoever can open it could hold the lock
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
            self._refuse_danger()  # again: somebody else could have created the folder in between
            yield

    def _refuse_danger(self) -> None:
        if danger := who_else_writes(self.root):
            raise Stop(f"{danger}, and could change what is installed.", "Choose a place that is yours alone with --prefix.")


def parse_state(values: Any) -> State:
    """Build the state from parsed JSON; fields added by a newer program are ignored.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: The values are not a state.
    """
    texts = {name: values.get(name, "") for name in ("previous", "user", "home")}
    paths = values.get("system_files", [])
    history = [{name: line[name] for name in ("at", "action", "version")} for line in values.get("history", [])]
    everything = [*texts.values(), *paths, *(text for line in history for text in line.values())]
    port = values.get("port", 0)
    if not all(isinstance(text, str) for text in everything) or not isinstance(port, int):
        raise ValueError("a value of another kind than it should be")
    return State(**texts, port=port, system_files=list(paths), history=history)


def age(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Return a sort key for versions: 0.9 < 0.10rc1 < 0.10 < 0.10.post1."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    numbers = match[0] if match else ""
    rest = version[len(numbers) :]
    counted = tuple(int(number) for number in re.sub(r"(\.0)+$", "", numbers).split(".") if number)
    return counted, not rest or rest.startswith((".post", "+")), rest


def who_else_writes(path: Path) -> str:
    """Say in words who besides root and the current user could replace `path`; return "" if nobody could.

    Looks at every folder and link on the way there. A world-writable folder is safe if the sticky bit protects people's
    files from each other, as in /tmp. Write access for a group is taken to be the administrator's choice.
    """
    trusted = {0, os.geteuid(), Path("/").stat().st_uid}
    for place in way_to(path):
        try:
            status = place.lstat()
        except OSError:
            continue  # this program will create it later
        if status.st_uid not in trusted:
            return f"{place} belongs to another user (number {status.st_uid})"
        if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            return f"Everybody may write in {place}"
    return ""


def way_to(path: Path) -> Iterator[Path]:
    """Yield every folder and link the system passes through to resolve an absolute path, and finally its destination."""
    here, todo, links = Path("/"), list(reversed(path.parts[1:])), 0
    yield here
    while todo:
        name = todo.pop()
        here = here.parent if name == ".." else here / name
        yield here
        if here.is_symlink() and links < MAX_LINKS:
            links += 1
            target = Path(os.readlink(here))
            todo += reversed(target.parts[1:] if target.is_absolute() else target.parts)
            here = Path("/") if target.is_absolute() else here.parent


def size_bytes(path: Path, *, with_links: bool = True) -> int:
    """Return a regular file's size; 0 for anything else or missing, and without `with_links` for files with hard links."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) and (with_links or status.st_nlink == 1) else 0


def write_atomic(path: Path, content: str) -> None:
    """Write a small file atomically."""
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
    """Remove a folder if it exists, even after an interrupted removal; for a link, remove only the link."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.is_dir():
        doomed = folder.with_name(f".removing-{folder.name}")
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)  # hide it first, so that a half-removed version never looks complete
        shutil.rmtree(doomed)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        Stop: The file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Stop(f"{path} cannot be read.", "Install the version again from its bundle.") from error
