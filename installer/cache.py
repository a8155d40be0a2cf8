"""Cache for slow builds, kept between installations and bundles and shared by all checkouts of this user.

Entries are named by their recipe (the scripts and versions they are built from), so that a changed recipe causes a rebuild.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console import detail


def folder(name: str) -> Path:
    """Return `$XDG_CACHE_HOME/garrison/<name>`, creating it if needed (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "garrison" / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def recipe(*texts: object) -> str:
    """Return twelve hexadecimal digits that change if any of `texts` changes."""
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:12]


@contextmanager
def held(place: Path, *, is_fresh: bool) -> Iterator[None]:
    """Hold the exclusive right to build in `place`, waiting for other builds; empty it first if `is_fresh`."""
    with (place / "lock").open("w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            detail("another build of this user is at work; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        if is_fresh:
            for path in place.iterdir():
                if path.name != "lock":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        yield
