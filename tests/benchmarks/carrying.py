"""Carrying a bundle: checking it and copying it into the store, beside the system's own tools on the same bytes."""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.carry.manifest import BundleFile, Manifest, Needs
from core.carry.parts import file_sha256, write_parts
from core.carry.verify import Bundle, faults
from tests.benchmarks.frame import ROOT, Measured

FILE_BYTES = 50 * 10**6
PART_BYTES = 120 * 10**6


def verify(*, megabytes: int) -> Measured:
    """Read and hash every part."""
    with _made(megabytes) as bundle:
        started_s = time.perf_counter()
        assert not list(faults(bundle))
        seconds = time.perf_counter() - started_s
    return _measured(megabytes, seconds)


def sha256sum(*, megabytes: int) -> Measured:
    """The system's own `sha256sum` over the same parts."""
    with _made(megabytes) as bundle:
        parts = [str(path) for path in sorted(bundle.folders[0].glob("*.part*"))]
        started_s = time.perf_counter()
        subprocess.run(["sha256sum", *parts], stdout=subprocess.DEVNULL, check=True)  # noqa: S603, S607
        seconds = time.perf_counter() - started_s
    return _measured(megabytes, seconds)


def store(*, megabytes: int) -> Measured:
    """Copy every file out of the parts into the store, hashed again on the way and written through to the disk."""
    sys.path.insert(0, str(ROOT / "installer"))
    from deploy.install import put_in_store
    from deploy.prefix import Prefix

    with _made(megabytes) as bundle:
        prefix = Prefix(bundle.folders[0].parent / "prefix")
        prefix.root.mkdir()
        started_s = time.perf_counter()
        put_in_store(prefix, bundle)
        seconds = time.perf_counter() - started_s
    return _measured(megabytes, seconds)


def cp(*, megabytes: int) -> Measured:
    """`cp` and `sync` of the same parts: nothing is checked."""
    with _made(megabytes) as bundle:
        parts = [str(path) for path in sorted(bundle.folders[0].glob("*.part*"))]
        target = bundle.folders[0].parent / "copy"
        target.mkdir()
        started_s = time.perf_counter()
        subprocess.run(["cp", *parts, str(target)], check=True)  # noqa: S603, S607
        subprocess.run(["sync", *(str(path) for path in target.iterdir())], check=True)  # noqa: S603, S607
        seconds = time.perf_counter() - started_s
    return _measured(megabytes, seconds)


def _measured(megabytes: int, seconds: float) -> Measured:
    return Measured(figures={"mb_per_s": megabytes / seconds}, detail=f"{megabytes} MB in {seconds:.2f} s")


@contextmanager
def _made(megabytes: int) -> Iterator[Bundle]:
    """A bundle of files of random bytes, in parts; the page cache holds it, as after copying it to the disk."""
    with tempfile.TemporaryDirectory() as scratch:
        source, folder = Path(scratch) / "source", Path(scratch) / "media"
        source.mkdir()
        folder.mkdir()
        generator = random.Random(7)
        paths = []
        for number in range(megabytes * 10**6 // FILE_BYTES):
            paths.append(source / f"{number}.bin")
            paths[-1].write_bytes(generator.randbytes(FILE_BYTES))
        files = tuple(
            BundleFile(
                path=f"wheels/{path.name}",
                size_bytes=FILE_BYTES,
                sha256=file_sha256(path),
                kind="wheel",
                origin="made",
                license="",
            )
            for path in paths
        )
        parts = write_parts(paths, folder, stem="made", part_bytes=PART_BYTES)
        for path in paths:
            path.unlink()
        os.sync()
        needs = Needs(machine="", glibc="", memory_bytes=0, unpacked_bytes=0, python="")
        manifest = Manifest(
            version="0.1.0", target="made", kind="full", created_at="", needs=needs, files=files, parts=parts
        )
        yield Bundle(manifest, (folder,), b"")
