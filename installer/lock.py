"""`lock`: write the two lock files from what is installed in the environment, run on its Python.

The closure of the project's dependencies is walked through the installed metadata, so the result is what
was tried. A requirement with a marker that does not apply here is simply not installed, and drops out; one
without a marker that is not installed is an error.
"""

import importlib.metadata as metadata
import re
import sys
import tomllib
from pathlib import Path

# The same module, without the libraries of a desktop (libGL, X11) that a bare server lacks.
REPLACED = {"opencv-python": "opencv-python-headless"}
CUDA = ("nvidia-", "cuda-", "triton")  # come with a CUDA build of torch, never by the lock


def normal(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split(requirement: str) -> tuple[str, set[str], str]:
    """`Name[a,b]>=1; extra == "c"` -> ("name", {"a", "b"}, "c"); the extra it belongs to is "" for most."""
    head, _, marker = requirement.partition(";")
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?", head)
    if not found:
        raise ValueError(requirement)
    belongs_to = re.search(r"""extra\s*==\s*["']([^"']+)["']""", marker)
    extras = {normal(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip()}
    return normal(found[1]), extras, normal(belongs_to[1]) if belongs_to else ""


def closure(requirements: list[str], installed: dict[str, metadata.Distribution]) -> set[str]:
    """Names of everything `requirements` need, themselves included."""
    todo = list(requirements)
    seen: dict[str, set[str]] = {}
    while todo:
        requirement = todo.pop()
        name, extras, _ = split(requirement)
        if name not in installed and ";" not in requirement:
            sys.exit(f"Not installed in .venv: {requirement}. Install it there with pip, then run this again.")
        if name not in installed or (name in seen and extras <= seen[name]):
            continue
        seen[name] = seen.get(name, set()) | extras
        todo += [child for child in installed[name].requires or [] if split(child)[2] in {"", *seen[name]}]
    return {name for name in seen if not name.startswith(CUDA)}


def text(names: set[str], installed: dict[str, metadata.Distribution], purpose: str) -> str:
    """A lock file. Local parts of versions (`+cpu`) are dropped: which build is taken is the installer's question."""
    lines = sorted({f"{REPLACED.get(name, name)}=={installed[name].version.partition('+')[0]}" for name in names})
    return f"# {purpose} Written by: python3 installer lock\n" + "\n".join(lines) + "\n"


def write(root: Path) -> None:
    """Write `requirements.lock` and `requirements-test.lock`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {normal(found.metadata["Name"]): found for found in metadata.distributions()}
    for wanted, used in REPLACED.items():  # either of the two may be installed; they are released together
        if used in installed:
            installed[wanted] = installed[used]
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"], "pip"]
    for_tests = project["project"]["optional-dependencies"]["test"]
    run = closure(needed, installed)
    test = closure(for_tests, installed) - run - {used for wanted, used in REPLACED.items() if wanted in run}
    for name, names, purpose in (
        ("requirements.lock", run, "Garrison runs on these."),
        ("requirements-test.lock", test, "Its tests need these as well."),
    ):
        (root / "installer" / name).write_text(text(names, installed, purpose), encoding="utf-8")
        print(f"{name}: {len(names)} packages")


if __name__ == "__main__":
    write(Path(__file__).resolve().parent.parent)
