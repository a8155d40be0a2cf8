"""The files of a folder that somebody names, without those that only a link leads to."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """`files` to read, and the `links` that lead out of the folder or nowhere: they are left out, and named."""

    files: tuple[Path, ...]
    links: tuple[Path, ...] = ()


def files_in(folder: Path) -> FolderFiles:
    """Every file below `folder` whose name does not begin with a dot, sorted by path.

    A link inside `folder` to something inside it is nothing to report: a file is read, a folder is walked where it lies.
    `folder` itself may be a link: it was named.
    """
    root = folder.resolve()
    files, links = [], []
    for place, folders, names in os.walk(folder):  # does not walk into folders that are links
        for path in (Path(place) / name for name in [*folders, *names] if not name.startswith(".")):
            if path.is_symlink() and not (path.resolve().is_relative_to(root) and path.exists()):
                links.append(path)
            elif path.is_file():
                files.append(path)
    return FolderFiles(tuple(sorted(files)), tuple(sorted(links)))
