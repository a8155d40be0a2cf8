"""llama.cpp: built here by flags that this processor and this compiler bear, with its server inside, and tried.

The wheel of llama-cpp-python that is built holds the binding, `llama-server`, `llama-quantize` and the converters (see
`engine.cmake`). It is kept under a name that tells everything it was built from, so that the next installation finds it.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

import cache
import environment
import machine
import packages
import trials
from console import Stop, detail, step
from environment import Place

CMAKE_FILE = Path(__file__).with_name("engine.cmake")
ADAPTER_FILE = CMAKE_FILE.with_name("engine_adapter.h")  # which the CMake file includes in a source of llama.cpp
# Compilers whose AMX code was seen to work with the locked llama.cpp: kind -> first good version. Empty: gcc before 13.3
# drops the stores that fill the tile configuration, so that the first token ends with a general protection fault
# (ggml-org/llama.cpp pull request 26954 and issue 20824), and no newer one was tried. Whoever tries one adds it here.
GOOD_FOR_AMX: dict[str, tuple[int, int]] = {}
BUILD_BYTES = 3 * machine.GIB  # what the build writes to the temporary folder
NO_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
# What a portable build takes of x86-64, each only where /proc/cpuinfo names it: CMake option -> flag.
PORTABLE = {"SSE42": "sse4_2", "AVX": "avx", "AVX2": "avx2", "BMI2": "bmi2", "FMA": "fma", "F16C": "f16c"}


class Build(Enum):
    """How llama.cpp is compiled."""

    NATIVE = "for this processor"
    PORTABLE = "by portable flags"


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C++ compiler: `kind` is "gcc" or "clang"."""

    path: str
    kind: str
    version: tuple[int, int]

    @property
    def is_good_for_amx(self) -> bool:
        """True where its AMX code is known to work."""
        first = GOOD_FOR_AMX.get(self.kind)
        return first is not None and self.version >= first


def find_compiler() -> Compiler:
    """Return the compiler that CMake will take, asked for its version.

    Raises:
        Stop: there is none, or it does not say what it is.
    """
    path = machine.compiler()
    if not path:
        raise Stop(
            f"{packages.BUILT_HERE} must be built on this machine, and there is no C++ compiler.",
            "Install one (on Debian and Ubuntu: apt-get install g++), or fill wheelhouse/ on another machine.",
        )
    asked = subprocess.run([path, "-dM", "-E", "-x", "c++", os.devnull], capture_output=True, text=True, check=False)
    macros = dict(line.split(" ", 2)[1:] for line in asked.stdout.splitlines() if line.count(" ") >= 2)
    kind, prefix = ("clang", "__clang") if "__clang_major__" in macros else ("gcc", "__GNUC")
    suffix = ("_major__", "_minor__") if kind == "clang" else ("__", "_MINOR__")
    try:
        version = int(macros[prefix + suffix[0]]), int(macros[prefix + suffix[1]])
    except (KeyError, ValueError) as error:
        raise Stop(f"{path} does not say which compiler it is.", "Set CXX to a gcc or clang.") from error
    return Compiler(path, kind, version)


def cmake_options(build: Build, compiler: Compiler, processor: machine.Processor) -> list[str]:
    """Return the options of CMake that decide for which processors the code is."""
    included = [f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={CMAKE_FILE}"]
    if build is Build.PORTABLE:
        chosen = [f"-DGGML_{name}={'ON' if flag in processor.flags else 'OFF'}" for name, flag in PORTABLE.items()]
        return [*included, "-DGGML_NATIVE=OFF", *(chosen if processor.is_x86 else [])]
    if processor.is_x86 and not compiler.is_good_for_amx:
        return [*included, "-DGGML_NATIVE=ON", f"-DCMAKE_C_FLAGS={NO_AMX}", f"-DCMAKE_CXX_FLAGS={NO_AMX}"]
    return [*included, "-DGGML_NATIVE=ON"]


def check(place: Place) -> None:
    """Say what will be built, and look whether what that needs is there.

    Raises:
        Stop: no compiler, or too little room in the temporary folder.
    """
    if packages.source_options(place) or is_installed(place, Build.NATIVE):
        return
    found = find_compiler()
    if kept_wheel(place, Build.NATIVE):
        detail("llama.cpp: the wheel of an earlier build is at hand")
        return
    machine.check_disk(Path(tempfile.gettempdir()), BUILD_BYTES)
    cmake = shutil.which("cmake") or "cmake from the package index"
    detail(f"llama.cpp will be built with {found.kind} {found.version[0]}.{found.version[1]} and {cmake}")


def install(place: Place, lock: IO[bytes], build: Build = Build.NATIVE) -> None:
    """Install the wheel of this build, made where it is not kept from an earlier time; nothing with a filled wheelhouse.

    Raises:
        Stop: it cannot be built or installed.
    """
    if packages.source_options(place) or is_installed(place, build):
        return
    wheel = kept_wheel(place, build)
    if wheel is None:
        title = f"Building llama.cpp {build.value} (some 8 minutes on 2 cores)"
        with step(title), cache.held(cache.folder("engine"), is_fresh=False):  # which every checkout of this user shares
            wheel = kept_wheel(place, build) or make(place, lock, build)
    with step(f"Installing llama.cpp, built {build.value}"):
        mark(place).unlink(missing_ok=True)
        packages.pip(place, ["install", "--no-deps", "--force-reinstall", str(wheel)], lock, sources=["--no-index"])
        mark(place).write_text(wheel.parent.name, encoding="utf-8")


def mark(place: Place) -> Path:
    """Return the file that names the recipe of the installed wheel."""
    return place.venv / "engine.txt"


def is_installed(place: Place, build: Build) -> bool:
    """True where the wheel of this build is installed whole."""
    version = packages.pins(place.lock)[packages.BUILT_HERE]
    if environment.installed_version(place, packages.BUILT_HERE) != version or not mark(place).is_file():
        return False
    return mark(place).read_text(encoding="utf-8") == folder(place, build).name


def folder(place: Place, build: Build) -> Path:
    """Return where the wheel of this build is kept: named by all that it is made from."""
    compiler, processor = find_compiler(), machine.processor()
    made_for = sorted(processor.flags) if build is Build.NATIVE else []
    recipe = cache.recipe(
        packages.block(place.lock, packages.BUILT_HERE),
        CMAKE_FILE.read_bytes(),
        ADAPTER_FILE.read_bytes(),
        cmake_options(build, compiler, processor)[1:],
        os.environ.get("CMAKE_ARGS", ""),
        compiler,
        made_for,
        place.site.parent.name,
    )
    return cache.folder("engine") / recipe


def kept_wheel(place: Place, build: Build) -> Path | None:
    """Return the wheel of an earlier time; None where there is none."""
    return next(folder(place, build).glob("*.whl"), None)


def make(place: Place, lock: IO[bytes], build: Build) -> Path:
    """Build the wheel from the locked source and keep it.

    Not from pip's cache, which knows a built wheel by its source alone and would hand out one of other flags.

    Raises:
        Stop: the build failed.
    """
    target = folder(place, build)
    partial = target.with_name(f"{target.name}.partial")
    options = cmake_options(build, find_compiler(), machine.processor())
    alone = place.venv / "engine.lock"
    alone.write_text(packages.block(place.lock, packages.BUILT_HERE), encoding="utf-8")
    settings = {
        "CMAKE_ARGS": " ".join([os.environ.get("CMAKE_ARGS", ""), *(f"'{option}'" for option in options)]).strip(),
        "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1),
    }
    shutil.rmtree(partial, ignore_errors=True)
    command = ["wheel", "--no-deps", "--no-cache-dir", "--require-hashes", "--requirement", str(alone)]
    packages.pip(place, [*command, "--wheel-dir", str(partial)], lock, settings=settings)
    if not any(partial.glob("*.whl")):
        raise Stop("llama.cpp was not built.", f"pip's own words are in {place.log}.")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return next(target.glob("*.whl"))


def prove(place: Place, lock: IO[bytes]) -> None:
    """Let the engine write sixteen tokens in a process of its own; one that dies is built again by portable flags.

    Raises:
        Stop: it dies all the same, or fails for another reason.
    """
    with step("Letting llama.cpp write sixteen tokens"):
        fault = trials.fault(place, "llama.cpp")
        if not fault:
            detail("it does")
            return
        detail(fault)
    if packages.source_options(place):
        raise Stop(f"llama.cpp {fault}.", "The wheelhouse was built for other processors: build the bundle again.")
    install(place, lock, Build.PORTABLE)
    with step("Letting it write once more"):
        if fault := trials.fault(place, "llama.cpp"):
            raise Stop(
                f"llama.cpp {fault}, also when it is built {Build.PORTABLE.value}.",
                f"Report this with the processor's name and {place.log}.",
            )
        detail("it does")
