"""A miniature bundle: a shell script for an interpreter, two tiny wheels, one model file. Signed, in small parts."""

import io
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "installer"))  # as the frozen program has it

from bundle import media, setup_program  # noqa: E402
from deploy.prefix import Prefix  # noqa: E402

from core.carry import parts as carried  # noqa: E402
from core.carry import signature  # noqa: E402
from core.carry.archives import pack  # noqa: E402
from core.carry.manifest import Manifest, Needs  # noqa: E402
from core.carry.verify import Bundle, Trust, open_bundle  # noqa: E402

PART_BYTES = 4000
# Does what the real one is asked for: "installs" the wheels that requirements.txt names, and answers for garrison.
INTERPRETER = f"""#!/bin/sh
case "$*" in
*"pip install"*) exec {sys.executable} -c "
import pathlib, sys, zipfile
site = pathlib.Path(sys.argv[1]).resolve().parents[1] / 'lib/python3.11/site-packages'
for line in pathlib.Path('requirements.txt').read_text().splitlines():
    zipfile.ZipFile(line.split()[0]).extractall(site)
" "$0" ;;
*self-test*) echo '{{"checks": [{{"name": "start", "ok": true, "seconds": 0.1, "words": "fine"}}]}}' ;;
esac
"""
# Stands in for the frozen program: the very code that is frozen, in the same places, run by the Python of the tests.
SETUP = f"""#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/_internal
PYTHONPATH="$here:$PYTHONPATH" exec {sys.executable} -B "$here/installer/garrison_setup.py" "$@"
"""
ROOT = Path(__file__).resolve().parents[2]
NEEDS = Needs(machine="x86_64", glibc="2.17", memory_bytes=10**6, unpacked_bytes=10**6, python="3.11")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "root: gives files away, makes devices or becomes somebody else")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only root can do what some tests are about; for everybody else they are left out, and counted as that."""
    if os.geteuid() == 0:
        return
    left_out = [item for item in items if item.get_closest_marker("root")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def open_to_other_users(tmp_path: Path) -> None:
    """Let another user come as far as the folder of the test: pytest makes those above it for its own user alone."""
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)


def tar_of(path: Path, name: str, content: str) -> Path:
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content.encode()), 0o755
        tar.addfile(entry, io.BytesIO(content.encode()))
    return path


def wheel_of(path: Path, module: str, content: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"{module}.py"), content)
    return path


def setup_archive(work: Path, archive: Path) -> None:
    folder = work / "garrison-setup"
    shutil.rmtree(folder, ignore_errors=True)
    for name in setup_program.CODE:
        place, copy = ROOT / name, folder / "_internal" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(place, copy)
    (folder / "garrison-setup").write_text(SETUP)
    (folder / "garrison-setup").chmod(0o755)
    pack(folder, archive)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key; its public one lies beside it."""
    signature.make_key(tmp_path / "site.pem")
    return tmp_path / "site.pem"


@pytest.fixture
def make_bundle(tmp_path: Path, key: Path) -> Callable[..., Path]:
    """Writes a bundle of a version and gives its folder: `make_bundle("0.2.0", since=folder)`."""

    def make(
        version: str = "0.1.0",
        *,
        since: Path | None = None,
        expires_at: str = "",
        schema: int = 1,
        weights: bytes = bytes(range(256)) * 20,
        part_bytes: int = PART_BYTES,
        unpacked_bytes: int = NEEDS.unpacked_bytes,
        with_setup: bool = False,
    ) -> Path:
        work = tmp_path / f"work-{version}"
        work.mkdir(exist_ok=True)
        files = [
            media.source(
                tar_of(work / "python.tar", "python/bin/python3", INTERPRETER),
                "interpreter/python.tar",
                "interpreter",
                "here",
                "PSF",
            ),
            media.source(
                wheel_of(work / "lib.whl", "lib", "x = 1\n" * 900), "wheels/lib-1-py3-none-any.whl", "wheel", "lib 1", "MIT"
            ),
            media.source(
                wheel_of(work / "own.whl", "own", f"version = {version!r}\n"),
                f"wheels/garrison-{version}-py3-none-any.whl",
                "wheel",
                "own",
                "Apache-2.0",
            ),
        ]
        pip = wheel_of(work / "pip.whl", "pip_itself", "")
        files.append(media.source(pip, "wheels/pip-26-py3-none-any.whl", "wheel", "pip 26", "MIT"))
        (work / "weights.gguf").write_bytes(weights)
        files.append(
            media.source(
                work / "weights.gguf", "python/share/garrison/models/small/weights.gguf", "model", "here", "Apache-2.0"
            )
        )
        if since:
            known = {file.sha256 for file in open_bundle([since], Trust(key=key.with_suffix(".pub.pem"))).manifest.files}
            files = [media.without_content(f) if f.file.sha256 in known else f for f in files]
        folder = tmp_path / f"media-{version}{'-difference' if since else ''}"
        folder.mkdir()
        (folder / "README.txt").write_text("steps")
        written = carried.write_parts(
            [f.path for f in files if f.file.is_carried], folder, stem=f"garrison-{version}", part_bytes=part_bytes
        )
        if with_setup:
            setup_archive(work, folder / "garrison-setup.tar")
        manifest = Manifest(
            version=version,
            target="linux-x86_64-cpu",
            kind="difference" if since else "full",
            created_at="2026-01-01T00:00:00+00:00",
            expires_at=expires_at,
            needs=replace(NEEDS, unpacked_bytes=unpacked_bytes),
            files=tuple(f.file for f in files),
            parts=written,
            loose=tuple(media.media_file(path) for path in media.loose_files(folder)),
            since="0.1.0" if since else "",
            schema=schema,
        )
        media.sign(manifest, folder, key)
        return folder

    return make


@pytest.fixture
def trust(key: Path) -> Trust:
    """Trust in the key that signs here."""
    return Trust(key=key.with_suffix(".pub.pem"))


@pytest.fixture
def opened(make_bundle: Callable[..., Path], trust: Trust) -> Callable[..., Bundle]:
    """A bundle, made and opened."""

    def make(*arguments: str, **options: object) -> Bundle:
        return open_bundle([make_bundle(*arguments, **options)], trust)

    return make


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    """Where things are installed, in a system that has none of the folders in which more is set up."""
    return Prefix(tmp_path / "opt" / "garrison", system=tmp_path / "system")
