"""Installing packages with pip: locks, the wheelhouse, the build of torch, and pip's failures explained."""

import importlib.metadata
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import environment
from console import Stop, detail
from environment import Place

BUILT_HERE = "llama-cpp-python"  # must be compiled, as the index has no wheel: see engine.py

# Builds, the final step, and downloads of 10 MB or more.
WORTH_SHOWING = re.compile(
    r"^\s*(Building wheel for|Installing collected|Downloading .*\((\d{2,}(\.\d)? M|\d+(\.\d)? G)B\))"
)
FAILURES = (  # pattern in pip's output -> what happened, what to do; the first match counts
    (
        r"No space left on device|Errno 28\b",
        "The disk became full.",
        "Free some space (or point TMPDIR to a bigger disk), then run the same command again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "The package index shows a certificate that this machine does not trust.",
        "Set PIP_CERT to the file with your organisation's certificates.",
    ),
    (
        r"NewConnectionError|name resolution|Name or service not known|Connection refused|Network is unreachable",
        "No package index can be reached.",
        "Fill wheelhouse/ on a machine that has a network, or set PIP_INDEX_URL to an index that can be reached.",
    ),
    (
        r"No matching distribution found for (\S+)|Could not find a version that satisfies the requirement (\S+)",
        "A locked package is missing where pip looks for it.",
        "Add it to wheelhouse/, or to the place PIP_FIND_LINKS or PIP_INDEX_URL names.",
    ),
    (
        r"Failed building wheel|CMake Error|Failed to build",
        "A package could not be built.",
        "It needs a C and C++ compiler; the log says what was missing.",
    ),
)


def pins(lock: Path) -> dict[str, str]:
    """Map the name of each package in a lock to its version (`name==version`, then its hashes)."""
    return {name: version for name, version, _ in blocks(lock)}


def blocks(lock: Path) -> list[tuple[str, str, str]]:
    """List the name, version and lines of each package in a lock; `#` begins a comment."""
    matches = re.finditer(
        r"^([\w.-]+)==(\S+)[^\n]*(?:\n[ \t]+--hash[^\n]*)*\n?", lock.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [(match[1], match[2], match[0]) for match in matches]


def block(lock: Path, name: str) -> str:
    """Return the lines of one package in a lock."""
    return next(lines for known, _, lines in blocks(lock) if known == name)


def hashes(lines: str) -> set[str]:
    """Return the SHA-256 values (hexadecimal) in the lines of a package."""
    return set(re.findall(r"--hash=sha256:(\w+)", lines))


def source_options(place: Place) -> list[str]:
    """Return pip's options for where to look: only in the wheelhouse if it is filled, else none (pip's own settings)."""
    if any(place.wheelhouse.glob("*.whl")):
        return ["--no-index", "--find-links", str(place.wheelhouse)]
    return []


def sources_of(place: Place, lock_file: Path) -> list[str]:
    """Return `source_options`; for the test lock, which no bundle covers, use the wheelhouse only if it has all of it."""
    if lock_file != place.test_lock:
        return source_options(place)
    lying = {"-".join(path.name.split("-")[:2]).lower().replace("_", "-") for path in place.wheelhouse.glob("*.whl")}
    wanted = {f"{name}-{version}".lower().replace("_", "-") for name, version in pins(lock_file).items()}
    return source_options(place) if wanted <= lying else []


def locked(place: Place, lock_file: Path) -> Path:
    """Return the lock to install from: the wheelhouse's own if it has one, else `lock_file`.

    A wheel built for the wheelhouse has a hash that no index knows; only the lock written along with it lists that hash.

    Raises:
        Stop: The wheelhouse was filled for other versions.
    """
    brought = place.wheelhouse / lock_file.name
    if not source_options(place) or not brought.is_file():
        return lock_file
    if pins(brought) != pins(lock_file):
        raise Stop(
            "The wheelhouse holds other versions than this checkout wants.", "Fill it again: python3 installer bundle"
        )
    return brought


def pip(
    place: Place,
    arguments: list[str],
    lock: IO[bytes] | None = None,
    *,
    sources: list[str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> None:
    """Run the environment's pip, logging its output and showing the notable lines on the terminal.

    Args:
        place: The checkout.
        arguments: The command and its options.
        lock: The open file that locks the checkout (see `environment.held`); pip inherits it.
        sources: Options for where pip looks; `source_options` if None.
        settings: Additional environment variables.

    Raises:
        Stop: pip failed; the message says why, as far as its output tells.
    """
    where = source_options(place) if sources is None else sources
    command = [str(place.python), "-m", "pip", arguments[0], *where, *arguments[1:]]
    with place.log.open("a", encoding="utf-8") as log:
        print(f"\n$ {' '.join(command)}", file=log, flush=True)
        said = []
        with subprocess.Popen(
            command,
            env=environment.child_environment() | dict(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[lock.fileno()] if lock else [],
        ) as running:
            for line in running.stdout or ():
                said.append(line)
                log.write(line)
                if WORTH_SHOWING.match(line):
                    detail(line.strip() if len(line) < 120 else line.strip()[:100] + " …")
    code = running.returncode
    if code != 0:
        raise explain("".join(said), place.log)


def explain(output: str, log: Path) -> Stop:
    """Turn the output of a failed pip into a Stop that says what happened and what to do."""
    for pattern, message, hint in FAILURES:
        if match := re.search(pattern, output):
            name = next((group for group in match.groups() if group), "")
            return Stop(message.replace("A locked package", name or "A locked package"), f"{hint} (Log: {log})")
    return Stop("pip failed.", f"Its own words are in {log}.")


def ask_pip(place: Place, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a pip command that changes nothing; checking its exit status is up to the caller."""
    command = [str(place.python), "-m", "pip", arguments[0], *source_options(place), *arguments[1:]]
    return subprocess.run(
        command, env=environment.child_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


LOOK = ["install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet"]  # resolves, downloads only metadata


def cuda_requirements(metadata: dict[str, Any]) -> list[str]:
    """Return the CUDA packages required by a torch with this metadata (PEP 566 as JSON); [] for a CPU build."""
    names = (
        requirement.split(";")[0].strip()
        for requirement in metadata.get("requires_dist", ())
        if "extra ==" not in requirement
    )
    return [name for name in names if name.startswith(("nvidia-", "cuda-"))]


def check_torch(place: Place, *, has_gpu: bool, allow_cuda: bool) -> str:
    """Check, before gigabytes are downloaded, which build of torch pip would choose and whether it suits this machine.

    Returns:
        The exact version of that build, such as `2.13.0+cpu`, or of the installed one if it is the locked version.

    Raises:
        Stop: pip would install a CUDA build on a machine without an NVIDIA GPU, or finds no torch at all.
    """
    locked_version = pins(place.lock)["torch"]
    if environment.installed_version(place, "torch") == locked_version:
        return environment.installed_build(place, "torch")
    wanted = f"torch=={locked_version}"
    answer = ask_pip(place, [*LOOK, "--report", "-", wanted])
    if answer.returncode != 0:
        raise explain(answer.stdout + answer.stderr, place.log)
    report = json.loads(answer.stdout)["install"][0]
    is_cuda = bool(cuda_requirements(report["metadata"]))
    detail(f"torch {report['metadata']['version']} ({'CUDA' if is_cuda else 'no CUDA'} build)")
    if is_cuda and not has_gpu and not allow_cuda:
        raise Stop(
            "pip would fetch a CUDA build of torch, some gigabytes, and this machine has no NVIDIA GPU.",
            "Set PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL to where a CPU build of "
            f"{wanted} lies, or pass --allow-cuda to take it all the same.",
        )
    if has_gpu and not is_cuda:
        detail("this machine has an NVIDIA GPU, which a build without CUDA will not use")
    return str(report["metadata"]["version"])


def install_pip(place: Place, lock: IO[bytes]) -> None:
    """Install the locked pip, before anything else: an older one may download whole packages even in a dry run."""
    version = pins(place.lock)["pip"]
    if environment.installed_version(place, "pip") != version:
        alone = place.venv / "pip.lock"
        alone.write_text(block(locked(place, place.lock), "pip"), encoding="utf-8")
        pip(place, ["install", "--require-hashes", "--requirement", str(alone)], lock)


def exact_lock(place: Place, lock_file: Path, torch_build: str) -> Path:
    """Write a copy of the lock that pins this exact build of torch and leaves out the package built here; return its path.

    Among files with locked hashes, pip prefers those whose hash the index states, so a build in a local folder would lose
    to a download of gigabytes: `===` leaves pip no choice.
    """
    left_out = () if source_options(place) else (BUILT_HERE,)
    text = "".join(lines for name, _, lines in blocks(locked(place, lock_file)) if name not in left_out)
    version = torch_build.partition("+")[0]
    exact = place.venv / lock_file.name
    exact.write_text(text.replace(f"torch=={version} ", f"torch==={torch_build} "), encoding="utf-8")
    return exact


def install_locked(place: Place, lock_file: Path, lock: IO[bytes], *, torch_build: str) -> None:
    """Install everything in `lock_file`: exactly these files and nothing else."""
    lines = exact_lock(place, lock_file, torch_build)
    options = ["install", "--no-deps", "--require-hashes", "--requirement", str(lines)]
    pip(place, options, lock, sources=sources_of(place, lock_file))


def install_cuda(place: Place, lock: IO[bytes]) -> None:
    """Install the locked packages of a CUDA build of torch; do nothing if the installed torch is not one."""
    metadata = next(iter(importlib.metadata.distributions(name="torch", path=[str(place.site)])))
    if cuda_requirements({"requires_dist": metadata.requires or []}):
        lines = locked(place, place.cuda_lock)
        pip(place, ["install", "--no-deps", "--require-hashes", "--requirement", str(lines)], lock)


def install_project(place: Place, lock: IO[bytes]) -> None:
    """Install Garrison itself in editable mode, with the locked setuptools."""
    pip(place, ["install", "--no-deps", "--no-build-isolation", "--editable", str(place.root)], lock)
