"""The steps of `install` and `upgrade`, from a verified bundle to a version in use.

Every step is all or nothing: a stored file appears by rename once its hash was checked, a version appears by rename once
its receipt was written, and only then `current` is pointed at it. After an interruption anywhere, the next run reuses
what is there and does the rest.
"""

import ctypes
import errno
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from console import Meter, Stop, detail, step

from core.carry.archives import unpack
from core.carry.manifest import MANIFEST, BundleFile, Manifest, MediaFile
from core.carry.parts import file_sha256, is_plain_file
from core.carry.verify import Bundle
from deploy import receipt
from deploy.prefix import Prefix, remove_tree, sync_folder

LAUNCHER = """#!/bin/sh
# Starts this version, wherever the installation lies.
here=$(dirname "$(readlink -f "$0")")
exec "$here/../python/bin/python3" -I -m core.cli.app "$@"
"""
SETUP_ARCHIVE = "garrison-setup.tar"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
DROPPED = (
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
)


def put_in_store(prefix: Prefix, bundle: Bundle) -> None:
    """Copy every file of the bundle into the store, checking its hash; files already stored are not copied again.

    Raises:
        Stop: A file differs from the manifest, files of the earlier version are missing, or the disk is full.
    """
    manifest = bundle.manifest
    prefix.store.mkdir(parents=True, exist_ok=True)
    for partial in prefix.store.glob("*.partial"):
        partial.unlink()
    with step(f"Copying {len(manifest.files)} files"), Meter("copying", manifest.carried_bytes) as meter, full_disk():
        for offset, file in manifest.carried:
            if not is_stored(prefix, file):
                _store(prefix, file, file.path, bundle.reader.read(offset, file.size_bytes))
            meter.add(file.size_bytes)
        program = None if prefix.is_complete(manifest.version) else setup_program(manifest)
        if program and not is_stored(prefix, program):
            _store(prefix, program, program.name, bundle.reader.read_loose(program))
        missing = [file for file in manifest.files if not file.is_carried and not is_stored(prefix, file)]
        if missing:
            raise Stop(
                f"This bundle holds only what changed since {manifest.since}, and {len(missing)} older files are not here.",
                f"Install {manifest.since} first, or use the full bundle.",
            )


def setup_program(manifest: Manifest) -> MediaFile | None:
    """Return a bundle's `garrison-setup` archive; None if it has none."""
    return next((entry for entry in manifest.loose if entry.name == SETUP_ARCHIVE), None)


def is_stored(prefix: Prefix, file: BundleFile | MediaFile) -> bool:
    """Return whether the store has this file, unchanged, by reading all of it; remove it if it was changed."""
    path = prefix.object(file.sha256)
    if not path.exists():
        return False
    if is_plain_file(path) and path.stat().st_size == file.size_bytes and file_sha256(path) == file.sha256:
        return True
    path.unlink()
    return False


def _store(prefix: Prefix, file: BundleFile | MediaFile, name: str, content: Iterator[bytes]) -> None:
    """Store content read from the medium, hashing it again on the way: the medium may have changed since it was checked."""
    target = prefix.object(file.sha256)
    partial = target.with_name(f"{file.sha256}.partial")
    digest = hashlib.sha256()
    with partial.open("wb") as writing:
        for chunk in content:
            digest.update(chunk)
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    if digest.hexdigest() != file.sha256:
        partial.unlink()
        raise Stop(f"{name} is not what the manifest says.", "The medium changed since it was checked: verify it again.")
    partial.chmod(0o644)
    partial.rename(target)


def build_version(prefix: Prefix, manifest: Manifest) -> None:
    """Build `versions/<version>` from stored files, complete with its receipt; do nothing if it exists already.

    Raises:
        Stop: A package cannot be installed, or the disk is full.
    """
    target = prefix.version_folder(manifest.version)
    if prefix.is_complete(manifest.version):
        detail(f"version {manifest.version} is there already")
        return
    partial = target.with_name(f".{manifest.version}.partial")
    remove_tree(target)
    for folder in prefix.unfinished():
        shutil.rmtree(folder, ignore_errors=True)
    partial.mkdir(parents=True)
    with full_disk():
        with step("Unpacking the interpreter"):
            for file in manifest.of_kind("interpreter"):
                unpack(prefix.object(file.sha256), partial)
        with step(f"Installing {len(manifest.of_kind('wheel'))} packages"):
            install_wheels(prefix, manifest, partial)
        with step("Putting models, licenses and lists in place"):
            for file in manifest.files:
                if file.kind not in ("interpreter", "wheel"):
                    link(prefix.object(file.sha256), partial / file.path)
            write_launcher(partial)
            keep_setup_program(prefix, manifest, partial)
            (partial / MANIFEST).write_bytes(manifest.to_bytes())
        with step("Writing the receipt of every file"):
            receipt.write(partial, manifest)
        os.sync()
        partial.rename(target)
        sync_folder(prefix.versions)


def install_wheels(prefix: Prefix, manifest: Manifest, folder: Path) -> None:
    """Install all wheels with the bundled pip: without an index, checking every hash, and nothing that is not listed.

    Raises:
        Stop: pip failed; the message quotes the last line of its output.
    """
    wheels, temporary = folder / "wheels", folder / "tmp"
    temporary.mkdir()
    lines = []
    for file in manifest.of_kind("wheel"):
        link(prefix.object(file.sha256), wheels / Path(file.path).name)
        lines.append(f"./{Path(file.path).name} --hash=sha256:{file.sha256}\n")
    (wheels / "requirements.txt").write_text("".join(lines), encoding="utf-8")
    python = folder / "python" / "bin" / "python3"
    before = set((folder / "python" / "bin").iterdir())
    options = ["--no-index", "--no-deps", "--require-hashes", "--no-compile", "--no-cache-dir", "--no-warn-script-location"]
    pip = next(wheels.glob("pip-*.whl")) / "pip"  # pip runs from inside its wheel; the interpreter comes without pip
    run(python, [str(pip), "install", *options, "--requirement", "requirements.txt"], temporary, cwd=wheels)
    for script in set((folder / "python" / "bin").iterdir()) - before:
        script.unlink()  # they contain the path of the temporary folder; people start bin/garrison instead
    compile_sources(python, folder / "python" / "lib", temporary)
    shutil.rmtree(wheels)
    shutil.rmtree(temporary)


def compile_sources(python: Path, lib: Path, temporary: Path) -> None:
    """Compile every source to bytecode with one process per core; a source that does not compile is left as it is.

    `compileall -j` is not used because its workers wait forever if the process that started them is killed.
    """
    sources = sorted((path for path in lib.rglob("*.py") if path.is_file()), key=lambda path: path.stat().st_size)
    cores = os.cpu_count() or 1
    running = []
    for number in range(cores):
        listed = temporary / f"sources-{number}.txt"
        listed.write_text("".join(f"{path}\n" for path in sources[number::cores]), encoding="utf-8")
        command = [str(python), "-I", "-m", "compileall", "-q", "-i", str(listed)]
        running.append(
            subprocess.Popen(
                command,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no other threads run here
            )
        )
    for process in running:
        process.wait()


def end_with_parent() -> None:
    """Have the kernel kill this child when its parent ends, however it ends (prctl(2)); called before its program starts."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def keep_setup_program(prefix: Prefix, manifest: Manifest, folder: Path) -> None:
    """Keep `garrison-setup` with the version, as `setup/garrison-setup`: rollback and uninstall then need no medium.

    Raises:
        Stop: The archive does not contain the program.
    """
    program = setup_program(manifest)
    if program is None:
        return
    archive, temporary = prefix.object(program.sha256), folder / "tmp"
    unpack(archive, temporary)
    if not (temporary / "garrison-setup" / "garrison-setup").is_file():
        raise Stop(f"{SETUP_ARCHIVE} holds no garrison-setup.", "Get the bundle again from where it was built.")
    (temporary / "garrison-setup").rename(folder / "setup")
    shutil.rmtree(temporary)
    archive.unlink()  # only this version uses it, and it is unpacked now


def child_environment(**more: str) -> dict[str, str]:
    """Return this process's variables plus `more`, without those of the frozen program or that would mix two Pythons."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED and not name.startswith("_PYI")}
    return kept | more


def run(python: Path, arguments: list[str], temporary: Path, *, cwd: Path | None = None) -> None:
    """Run the installed interpreter with its temporary files in `temporary`, on the disk that is being installed to.

    Raises:
        Stop: It failed.
        OSError: The disk is full.
    """
    environment = child_environment(
        TMPDIR=str(temporary), PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CONFIG_FILE="/dev/null"
    )
    done = subprocess.run(
        [str(python), "-I", *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - no other threads run here
    )
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip()
        if "No space left" in words:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        last = words.splitlines()[-1] if words else f"ended with status {done.returncode}"
        raise Stop(f"A package could not be installed: {last}", "Verify the bundle again; if it is whole, report this line.")


def link(source: Path, target: Path) -> None:
    """Put a stored file at `target`, as a hard link or, if the file system does not support that, as a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def write_launcher(folder: Path) -> None:
    """Write the start script `bin/garrison`."""
    launcher = folder / "bin" / "garrison"
    launcher.parent.mkdir(exist_ok=True)
    launcher.write_text(LAUNCHER, encoding="utf-8")
    launcher.chmod(0o755)


class full_disk:  # noqa: N801 - a context manager that reads like a word
    """Turns errors of a full or failing disk into a Stop with a readable message."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Stop(
                "The disk became full; the version in use is as it was.", "Free some space, then run the same command again."
            ) from error
        if isinstance(error, OSError) and error.errno in (errno.EIO, errno.EROFS):
            raise Stop(
                f"The disk failed ({error.strerror}); the version in use is as it was.",
                "Look at the system's log, then run the same command again.",
            ) from error
