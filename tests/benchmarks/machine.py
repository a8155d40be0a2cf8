"""The machine and the versions that figures come from, without names or paths of it."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = (
    "torch", "transformers", "peft", "llama-cpp-python", "presidio-analyzer", "spacy", "pypdfium2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """What a reader needs to judge a figure."""

    processor: str
    cores: int  # physical, that this process may use
    memory_gb: float
    system: str
    versions: dict[str, str]

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return f"{self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB of memory, {self.system}; {packages}."


def this_machine() -> Machine:
    """Looked up now."""
    return Machine(
        processor=_processor(),
        cores=min(len(psutil.Process().cpu_affinity()), psutil.cpu_count(logical=False) or 1),
        memory_gb=psutil.virtual_memory().total / 1e9,
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        versions={package: version(package) for package in PACKAGES},
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
