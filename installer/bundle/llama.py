"""A llama-cpp-python wheel for every processor of one architecture: it contains all variants and picks one at startup.

The default build uses every instruction of the machine it is built on and crashes elsewhere. The speed of the variants
was measured, see docs/decisions.md.
"""

import base64
import csv
import hashlib
import io
import shutil
import stat
import zipfile
from pathlib import Path

import cache
from console import Stop, detail, step
from engine import ADAPTER_FILE, CMAKE_FILE

from bundle import fetch
from bundle.debian_root import DebianRoot

NAME = "llama-cpp-python"
FORM = 2  # version of what `pack_wheel` writes; changing it triggers a rebuild
PROGRAMS = ("llama-server", "llama-quantize")
TOOLS = ("pip", "setuptools", "wheel", "cmake", "ninja", "scikit-build-core[pyproject]")
# libstdc++ comes from the target system: when it was linked in, its symbols mixed with those torch loads, and opening a
# model after importing torch failed with std::bad_cast.
CMAKE = (
    "-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON -DGGML_OPENMP=OFF "
    "-DCMAKE_PROJECT_llama_cpp_INCLUDE=/build/llama/engine.cmake"
)
# Debian 11's compiler supports neither AVX-VNNI nor AMX; these processors use the next lower variant.
UNKNOWN_VARIANTS = ("alderlake", "sapphirerapids")
BUILD = """
cd /build/llama
rm -rf source built wheels
mkdir source && tar xzf *.tar.gz -C source --strip-components=1
cd source
sed -i -E '/ggml_add_cpu_backend_variant\\(({variants}) /d' vendor/llama.cpp/ggml/src/CMakeLists.txt
python=/out/python/bin/python3
cd ..
$python -I $(ls tools/pip-*.whl)/pip install -q --no-index --find-links tools --target built {tools}
cd source
export PYTHONPATH=/build/llama/built PATH=/build/llama/built/bin:/build/llama/built/cmake/data/bin:$PATH
export CMAKE_ARGS="{cmake}" CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
$python -m pip wheel --no-index --no-deps --no-build-isolation -w /build/llama/wheels .
"""
# Wheels turn links into copies. Keep each library once, under the name Python loads, and make libraries and programs refer
# to each other by these names. The variants, which the build leaves in `bin/`, go into the same folder.
GATHER = """
cd /build/llama
rm -rf tree
/out/python/bin/python3 -I -m zipfile -e wheels/*.whl tree
cd tree
mv bin/libggml-cpu-*.so llama_cpp/lib/
rm -rf bin lib include share
cd llama_cpp/lib
find . -type f ! -name '*.so' ! -name llama-server ! -name llama-quantize -delete
strip --strip-unneeded *
for file in *; do
    case $file in *.so) patchelf --set-soname $file $file ;; esac
    patchelf --force-rpath --set-rpath '$ORIGIN' $file
    for need in $(patchelf --print-needed $file); do
        plain=${need%%.so*}.so
        if [ -e $plain ] && [ $need != $plain ]; then patchelf --replace-needed $need $plain $file; fi
    done
done
"""


def build(root: DebianRoot, version: str, folder: Path, log: Path) -> Path:
    """Return the wheel, kept in `folder`, building it if needed; it has each library once, all found by `$ORIGIN`.

    Raises:
        Stop: A download or the build failed.
    """
    included = {path.name: path.read_bytes() for path in (CMAKE_FILE, ADAPTER_FILE)}  # same as when built in a checkout
    made_from = version, TOOLS, CMAKE, UNKNOWN_VARIANTS, BUILD, GATHER, *included.values(), FORM
    kept = folder / f"llama-{cache.recipe(*made_from)}"
    if wheels := sorted(kept.glob("*.whl")):
        detail(f"{wheels[0].name} is there already")
        return wheels[0]
    work = root.path("build/llama")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    with step(f"Fetching the source of {NAME} {version} and the tools to build it"):
        fetch.source(f"{NAME}=={version}", work, log)
        fetch.wheels(TOOLS, work / "tools", log)
        for name, content in included.items():
            (work / name).write_bytes(content)
    with step(f"Building {NAME} in every variant (some 20 minutes on 2 cores)"):
        tools = " ".join(f"'{tool}'" for tool in TOOLS)
        root.run(BUILD.format(variants="|".join(UNKNOWN_VARIANTS), tools=tools, cmake=CMAKE), log)
    built = next((work / "wheels").glob("*.whl"), None)
    if built is None:
        raise Stop(f"{NAME} was not built.", f"{log} says why.")
    root.run(GATHER, log)
    kept.mkdir(exist_ok=True)
    pack_wheel(work / "tree", kept / built.name)
    return kept / built.name


def pack_wheel(tree: Path, target: Path) -> None:
    """Pack an unpacked wheel into a file with a new RECORD (PEP 427), reproducibly: same content, same bytes."""
    record = next(tree.glob("*.dist-info")) / "RECORD"
    record.unlink(missing_ok=True)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as wheel:

        def put(name: str, content: bytes, mode: int) -> None:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            # pip makes a file executable only if the archive marks it as a regular file with executable permission
            entry.external_attr, entry.compress_type = (stat.S_IFREG | mode) << 16, zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)

        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            content, name = path.read_bytes(), path.relative_to(tree).as_posix()
            put(name, content, 0o755 if path.suffix == ".so" or path.name in PROGRAMS else 0o644)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            writer.writerow([name, f"sha256={digest}", len(content)])
        name = record.relative_to(tree).as_posix()
        writer.writerow([name, "", ""])
        put(name, lines.getvalue().encode(), 0o644)
    partial.rename(target)
