"""Where things that take long to build are kept between installations and bundles: for every checkout of this user.

What is kept is named by its recipe (the scripts and versions that make it), so that a changed recipe builds anew.
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
    """Return `$XDG_CACHE_HOME/garrison/<name>`, made where it is not there: XDG Base Directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "garrison" / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def recipe(*texts: object) -> str:
    """Twelve hexadecimal digits that change with any of `texts`."""
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:12]


@contextmanager
def held(place: Path, *, is_fresh: bool) -> Iterator[None]:
    """Be the only one who builds in `place`; empty it first when everything is to be built anew."""
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
