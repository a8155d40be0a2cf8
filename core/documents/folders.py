"""List the files of a folder chosen by the user, without following links out of it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The `files` to read, and the `links` left out because they lead outside the folder or nowhere."""

    files: tuple[Path, ...]
    links: tuple[Path, ...] = ()


def files_in(folder: Path) -> FolderFiles:
    """Return every file below `folder`, sorted by path; not those that are hidden, or lie in a hidden folder (`.git`).

    A link to something inside `folder` is not reported: a linked file is read, and a linked folder is walked only at its
    real location. `folder` itself may be a link, because the user named it.
    """
    root = folder.resolve()
    files, links = [], []
    for place, folders, names in os.walk(folder):  # does not walk into folders that are links
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(place) / name for name in [*folders, *names] if not name.startswith(".")):
            if path.is_symlink() and not (path.resolve().is_relative_to(root) and path.exists()):
                links.append(path)
            elif path.is_file():
                files.append(path)
    return FolderFiles(tuple(sorted(files)), tuple(sorted(links)))
