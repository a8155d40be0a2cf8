"""Zip files with a model: only files that belong to a model are taken out of them, and none lands outside its folder.

Where a file of a zip goes is never said by the zip: what is taken lies in one folder there and keeps its last name alone.
"""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.errors import InputError, SetupError
from core.files import CHUNK_BYTES, folder_beside
from core.models.intake.carried import ADAPTER, CARRIED, CONFIG, PICKLED, SAVE_AGAIN
from core.words import size

MOST_FILES = 10_000
LARGEST_BYTES = 2 * 10**12  # of a file; no model of today is larger
SUFFIX = ".zip"
HINT = "Unpack it elsewhere, look at what it holds, and add the folder."


@contextmanager
def unzipped(path: Path, beside: Path) -> Iterator[Path]:
    """Yield a folder with the files of the model in the zip at `path`, removed in the end; any other path as it is.

    Args:
        path: what somebody brings.
        beside: a place on the disk where the folder may lie meanwhile; it need not exist.

    Raises:
        InputError: the zip is damaged, encrypted, holds names that lead elsewhere, or no model.
        SetupError: the disk has no room for what it holds.
    """
    if path.suffix.lower() != SUFFIX or not path.is_file():
        yield path
        return
    with folder_beside(beside) as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in _taken(archive, path.name, folder):
                    _take(archive, entry, folder / PurePosixPath(entry.filename).name, path.name)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
            raise InputError(f"The zip file {path.name!r} is damaged, encrypted or of an odd kind.", HINT) from error
        yield folder


def _taken(archive: zipfile.ZipFile, name: str, folder: Path) -> list[zipfile.ZipInfo]:
    """Return the entries that make up the model, after checking all of them."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise InputError(f"The zip file {name!r} holds {len(entries):,} files, which no model does.", HINT)
    if any(_leads_elsewhere(entry) for entry in entries):
        raise InputError(f"The zip file {name!r} holds names or links that lead out of its folder.", "Do not use it.")
    places = {PurePosixPath(e.filename).parent for e in entries if PurePosixPath(e.filename).name in (ADAPTER, CONFIG)}
    if len(places) != 1:
        found = "no model" if not places else f"{len(places)} models"
        raise InputError(f"The zip file {name!r} holds {found}.", "Bring a zip of the one folder of a model or adapter.")
    inside = [entry for entry in entries if PurePosixPath(entry.filename).parent in places]
    taken = [entry for entry in inside if PurePosixPath(entry.filename).suffix in CARRIED]
    suffixes = {PurePosixPath(entry.filename).suffix for entry in inside}
    if ".safetensors" not in suffixes and suffixes & PICKLED:
        raise InputError(f"The zip file {name!r} holds only pickled weights.", SAVE_AGAIN)
    if len({entry.filename for entry in taken}) < len(taken):
        raise InputError(f"The zip file {name!r} holds two files of the same name.", HINT)
    needed = sum(entry.file_size for entry in taken)
    if needed > LARGEST_BYTES:
        raise InputError(f"The zip file {name!r} says that it holds {size(needed)}, which no model has.", "Do not use it.")
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SetupError(f"The zip file {name!r} holds {size(needed)}; {size(free)} are free.", "Free some space.")
    return taken


def _leads_elsewhere(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    return is_link or path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or not path.name


def _take(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, name: str) -> None:
    """Copy a file out of the archive, no more of it than it says it has."""
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as copy:
        while chunk := source.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise InputError(f"The zip file {name!r} holds more than it says.", "Do not use it.")
            copy.write(chunk)
