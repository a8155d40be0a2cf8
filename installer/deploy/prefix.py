"""The folder that holds an installation, and who may change it.

    PREFIX/store/<sha256>      every file of the bundles, once; versions hold hard links to them
    PREFIX/versions/<version>/ one installed version: python/, bin/, setup/, manifest.json, receipt.json
    PREFIX/current             a link to the version in use; changed by one rename
    PREFIX/signer.pem          the key that the first bundle was checked with: upgrades must be signed by it
    PREFIX/state.json          what happened when, and what was set up beside the files

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
    """`history`: what was done, oldest first. `previous`: the version that a rollback goes back to."""

    previous: str = ""
    user: str = ""
    home: str = ""  # the service's workspace; "" where no service was set up
    port: int = 0  # the service's; 0 where no service was set up
    system_files: list[str] = field(default_factory=list)  # outside the prefix: unit, desktop entry, trust list
    history: list[dict[str, str]] = field(default_factory=list)

    def note(self, action: str, version: str) -> None:
        """Add a line to the history."""
        self.history.append({"at": datetime.now(UTC).isoformat(timespec="seconds"), "action": action, "version": version})


@dataclass(frozen=True, slots=True)
class Prefix:
    """An installation's folder, and the root of the system around it: `/` except in tests."""

    root: Path
    system: Path = Path("/")

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
        """The version in use; "" where none is, or where `current` points to something else than a version here."""
        folder, _, name = os.readlink(self.current).rpartition("/") if self.current.is_symlink() else ("", "", "")
        return name if folder == self.versions.name and name not in ("", ".", "..") else ""

    def installed(self) -> list[str]:
        """Every complete version, the oldest first."""
        folders = [folder for folder in self.versions.glob("[!.]*") if not folder.is_symlink()]
        return sorted((folder.name for folder in folders if self.is_complete(folder.name)), key=age)

    def is_complete(self, version: str) -> bool:
        """Whether a version is installed, to its last file: the receipt is written last."""
        return (self.version_folder(version) / "receipt.json").is_file()

    def unfinished(self) -> list[Path]:
        """What interrupted installations and removals left beside the versions."""
        return [folder for folder in self.versions.glob(".*") if folder.is_dir() and not folder.is_symlink()]

    def manifest(self, version: str) -> Manifest:
        """The manifest of an installed version."""
        return load(self.version_folder(version) / MANIFEST)

    def state(self) -> State:
        """What was written last; an empty one at first.

        Raises:
            Stop: it is damaged.
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
        """Keep `state`."""
        write_atomic(self.root / "state.json", json.dumps(asdict(state), indent=1) + "\n")

    def make_current(self, version: str) -> None:
        """Point `current` at a complete version, by one rename.

        Raises:
            Stop: `current` is no link, so it is not this program's.
        """
        if self.current.exists() and not self.current.is_symlink():
            raise Stop(f"{self.current} is no link to a version.", "Move it away, then run the same command again.")
        fresh = self.root / ".current"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(f"versions/{version}")
        fresh.rename(self.current)
        sync_folder(self.root)

    def object(self, sha256: str) -> Path:
        """Where the content with this hash lies, or would lie."""
        return self.store / sha256

    def strangers(self) -> list[str]:
        """What lies in the folder and is not of this program; where nobody installed yet, all of it."""
        names = {path.name for path in self.root.iterdir()} if self.root.is_dir() else set()
        return sorted(names if ".lock" not in names else names - OURS)

    def present_bytes(self, manifest: Manifest) -> int:
        """Room that installing this needs no more: what is stored with the right size, and leftovers, which go first."""
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
        """Be the only one who changes this installation; the kernel lets go when this process ends, however it ends.

        Raises:
            Stop: somebody else is at it, or the folder cannot be written, or others can change it.
        """
        self._refuse_danger()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle = os.fdopen(os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "w")
            os.fchmod(handle.fileno(), 0o600)  # whoever may read it may hold it
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
            self._refuse_danger()  # again: until the folder was there, somebody else could have made it
            yield

    def _refuse_danger(self) -> None:
        if danger := who_else_writes(self.root):
            raise Stop(f"{danger}, and could change what is installed.", "Choose a place that is yours alone with --prefix.")


def parse_state(values: Any) -> State:
    """The state in what was read; words that a newer program added are passed over.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is none.
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
    """Sorts versions: 0.9 < 0.10rc1 < 0.10 < 0.10.post1."""
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    numbers = found[0] if found else ""
    rest = version[len(numbers) :]
    counted = tuple(int(number) for number in re.sub(r"(\.0)+$", "", numbers).split(".") if number)
    return counted, not rest or rest.startswith((".post", "+")), rest


def who_else_writes(path: Path) -> str:
    """Who besides root and the person at work could put something else in the place of `path`, in words; "" when nobody.

    Looks at every folder and link on the way there. A folder that all may write in is safe where the sticky bit keeps
    them from each other's files (/tmp). A group is taken for the administrator's own choice.
    """
    trusted = {0, os.geteuid(), Path("/").stat().st_uid}
    for place in way_to(path):
        try:
            found = place.lstat()
        except OSError:
            continue  # is made later, by this program
        if found.st_uid not in trusted:
            return f"{place} belongs to another user (number {found.st_uid})"
        if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            return f"Everybody may write in {place}"
    return ""


def way_to(path: Path) -> Iterator[Path]:
    """Every folder and link that the system passes on the way to an absolute path, and where it ends."""
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
    """Size of a plain file; 0 for anything else, for what has gone, and for a hard link that is not to be counted."""
    try:
        found = path.lstat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) and (with_links or found.st_nlink == 1) else 0


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
    """Remove a folder that may be there, however far an earlier removal came; of a link, the link alone."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.is_dir():
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
    except (OSError, ValueError, RecursionError) as error:
        raise Stop(f"{path} cannot be read.", "Install the version again from its bundle.") from error
