"""Tars of folders: written so that the same content gives the same bytes, unpacked with every name looked at."""

import os
import tarfile
from pathlib import Path

from core.errors import SetupError


def pack(folder: Path, archive: Path) -> None:
    """A tar of a folder that is the same whenever its content is: sorted, without owners and times."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    partial = archive.with_suffix(".partial")
    with tarfile.open(partial, "w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            name = Path(folder.name, path.relative_to(folder)).as_posix()
            tar.add(path, arcname=name, recursive=False, filter=plain)
    partial.rename(archive)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar of the bundle.

    `extractall(filter=...)` came with Python 3.11.4, and the interpreter inside is 3.11.2 with patches: names are looked
    at here.

    Raises:
        SetupError: a member or what it links to lies outside `folder`, or is no file, folder or link.
    """
    with tarfile.open(archive) as tar:
        for member in tar:
            target = os.path.join(os.path.dirname(member.name), member.linkname) if member.issym() else member.linkname
            is_plain = member.isfile() or member.isdir() or member.issym()
            if not is_plain or any(
                os.path.isabs(name) or os.path.normpath(name).startswith("..") for name in (member.name, target)
            ):
                raise SetupError(
                    f"{archive.name} holds {member.name!r}, which is not allowed.", "Do not install this bundle."
                )
            tar.extract(member, folder, set_attrs=True)
