"""llama.cpp with its server: built with flags that this processor and compiler can handle, then tried out.

The llama-cpp-python wheel built here contains the binding, `llama-server`, `llama-quantize` and the converters (see
`engine.cmake`). It is cached under a name derived from everything it was built from, for later installations to reuse.
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
ADAPTER_FILE = CMAKE_FILE.with_name("engine_adapter.h")  # which the CMake file includes in a llama.cpp source file
# Compilers whose AMX code is known to work with the locked llama.cpp: kind -> first good version. Empty, because gcc before
# 13.3 drops the stores that fill the tile configuration, so that the first token ends in a general protection fault
# (ggml-org/llama.cpp pull request 26954 and issue 20824), and no newer compiler was tried. Add one here once it is tried.
GOOD_FOR_AMX: dict[str, tuple[int, int]] = {}
BUILD_BYTES = 3 * machine.GIB  # disk space the build takes in the temporary folder
NO_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
# x86-64 extensions a portable build uses, each only if /proc/cpuinfo lists it: CMake option -> flag.
PORTABLE = {"SSE42": "sse4_2", "AVX": "avx", "AVX2": "avx2", "BMI2": "bmi2", "FMA": "fma", "F16C": "f16c"}


class Build(Enum):
    """How to compile llama.cpp."""

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
        """Whether this compiler's AMX code is known to work."""
        first = GOOD_FOR_AMX.get(self.kind)
        return first is not None and self.version >= first


def find_compiler() -> Compiler:
    """Find the compiler CMake will use and ask it for its version.

    Raises:
        Stop: There is none, or it does not identify itself.
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
    """Return the CMake options that decide which processors the code is built for."""
    included = [f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={CMAKE_FILE}"]
    if build is Build.PORTABLE:
        chosen = [f"-DGGML_{name}={'ON' if flag in processor.flags else 'OFF'}" for name, flag in PORTABLE.items()]
        return [*included, "-DGGML_NATIVE=OFF", *(chosen if processor.is_x86 else [])]
    if processor.is_x86 and not compiler.is_good_for_amx:
        return [*included, "-DGGML_NATIVE=ON", f"-DCMAKE_C_FLAGS={NO_AMX}", f"-DCMAKE_CXX_FLAGS={NO_AMX}"]
    return [*included, "-DGGML_NATIVE=ON"]


def check(place: Place) -> None:
    """Say what will be built and check that the build can run.

    Raises:
        Stop: There is no compiler, or too little space in the temporary folder.
    """
    if packages.source_options(place) or is_installed(place, Build.NATIVE):
        return
    compiler = find_compiler()
    if kept_wheel(place, Build.NATIVE):
        detail("llama.cpp: the wheel of an earlier build is at hand")
        return
    machine.check_disk(Path(tempfile.gettempdir()), BUILD_BYTES)
    cmake = shutil.which("cmake") or "cmake from the package index"
    detail(f"llama.cpp will be built with {compiler.kind} {compiler.version[0]}.{compiler.version[1]} and {cmake}")


def install(place: Place, lock: IO[bytes], build: Build = Build.NATIVE) -> None:
    """Install the wheel of this build, building it unless it is cached; do nothing if the wheelhouse is filled.

    Raises:
        Stop: It cannot be built or installed.
    """
    if packages.source_options(place) or is_installed(place, build):
        return
    wheel = kept_wheel(place, build)
    if wheel is None:
        title = f"Building llama.cpp {build.value} (some 8 minutes on 2 cores)"
        with step(title), cache.held(cache.folder("engine"), is_fresh=False):  # shared by all checkouts of this user
            wheel = kept_wheel(place, build) or make(place, lock, build)
    with step(f"Installing llama.cpp, built {build.value}"):
        mark(place).unlink(missing_ok=True)
        packages.pip(place, ["install", "--no-deps", "--force-reinstall", str(wheel)], lock, sources=["--no-index"])
        mark(place).write_text(wheel.parent.name, encoding="utf-8")


def mark(place: Place) -> Path:
    """Return the path of the file that records the recipe of the installed wheel."""
    return place.venv / "engine.txt"


def is_installed(place: Place, build: Build) -> bool:
    """Return whether the wheel of this build is completely installed."""
    version = packages.pins(place.lock)[packages.BUILT_HERE]
    if environment.installed_version(place, packages.BUILT_HERE) != version or not mark(place).is_file():
        return False
    return mark(place).read_text(encoding="utf-8") == folder(place, build).name


def folder(place: Place, build: Build) -> Path:
    """Return the cache folder for the wheel of this build, named by everything it is built from."""
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
    """Return the cached wheel of an earlier build; None if there is none."""
    return next(folder(place, build).glob("*.whl"), None)


def make(place: Place, lock: IO[bytes], build: Build) -> Path:
    """Build the wheel from the locked source, cache it and return its path.

    pip's own cache is not used: it identifies a built wheel by its source alone and could return one built with other flags.

    Raises:
        Stop: The build failed.
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
    """Let the engine generate sixteen tokens in a separate process; if that fails, rebuild it with portable flags and retry.

    Raises:
        Stop: It fails again, or it came from the wheelhouse and so cannot be rebuilt here.
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
