import os
from pathlib import Path

import engine
import environment
import machine
import pytest
from console import Stop
from engine import Build, Compiler

from tests.installer.answers import WORKS

GCC_12 = Compiler("/usr/bin/c++", "gcc", (12, 2))
AMX = machine.Processor("Intel(R) Xeon(R) Processor", frozenset({"sse4_2", "avx", "avx2", "fma", "amx_tile"}), True)
OLD = machine.Processor("Intel(R) Pentium(R)", frozenset({"sse4_2"}), True)
ARM = machine.Processor("aarch64", frozenset({"asimd"}), False)
DIES = """*trials*) echo '{"name": "llama.cpp", "is_ok": false, "words": "ended with SIGSEGV on Xeon (AMX)"}';;"""
# A Python whose llama.cpp dies until it is built again; the last argument of a build is the folder that it fills.
DIES_ONCE = """*wheel-dir*) echo "$CMAKE_ARGS" > {seen}; for last; do :; done; mkdir -p $last; touch $last/llama.whl;;
*trials*) if [ -e {seen} ]; then {works} esac; else case "$*" in {dies} esac; fi;;"""


def test_a_native_build_leaves_amx_out_unless_the_compiler_is_known_to_be_good(monkeypatch):
    off = [option for option in engine.cmake_options(Build.NATIVE, GCC_12, AMX) if "-mno-amx-tile" in option]
    assert [option.partition("=")[0] for option in off] == ["-DCMAKE_C_FLAGS", "-DCMAKE_CXX_FLAGS"]
    monkeypatch.setattr(engine, "GOOD_FOR_AMX", {"gcc": (13, 3)})
    assert any("-mno-amx" in option for option in engine.cmake_options(Build.NATIVE, GCC_12, AMX))
    newer = Compiler("/usr/bin/c++", "gcc", (14, 1))
    assert not any("-mno-amx" in option for option in engine.cmake_options(Build.NATIVE, newer, AMX))


def test_flags_of_x86_are_not_given_to_another_processor():
    assert not any("amx" in option or "AVX" in option for option in engine.cmake_options(Build.NATIVE, GCC_12, ARM))
    assert not any("AVX" in option for option in engine.cmake_options(Build.PORTABLE, GCC_12, ARM))


def test_a_portable_build_takes_only_what_the_processor_has():
    assert "-DGGML_AVX2=ON" in engine.cmake_options(Build.PORTABLE, GCC_12, AMX)
    assert {"-DGGML_AVX2=OFF", "-DGGML_SSE42=ON", "-DGGML_NATIVE=OFF"} <= set(
        engine.cmake_options(Build.PORTABLE, GCC_12, OLD)
    )


@pytest.mark.parametrize(
    ("macros", "kind", "version"),
    [
        ("#define __GNUC__ 13\\n#define __GNUC_MINOR__ 2", "gcc", (13, 2)),
        (
            "#define __GNUC__ 4\\n#define __GNUC_MINOR__ 2\\n#define __clang_major__ 16\\n#define __clang_minor__ 0",
            "clang",
            (16, 0),
        ),
    ],
)
def test_the_compiler_is_asked_for_its_version(tmp_path, monkeypatch, macros, kind, version):
    compiler = tmp_path / "c++"
    compiler.write_text(f"#!/bin/sh\nprintf '{macros}\\n'\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    assert engine.find_compiler() == Compiler(str(compiler), kind, version)


def test_a_compiler_is_asked_for_only_where_something_must_be_built(fake_venv, package, kept, monkeypatch, tmp_path):
    place = fake_venv()
    kept(place)
    engine.check(place)
    monkeypatch.setattr(machine, "compiler", lambda: "")
    with pytest.raises(Stop, match="no C\\+\\+ compiler") as stop:
        engine.check(place)
    assert "apt-get install g++" in stop.value.hint.words
    (place.wheelhouse / "llama_cpp_python-0.3.36-py3-none-any.whl").touch()
    engine.check(place)


def test_other_flags_make_another_wheel(place, kept):
    assert kept(place).parent != kept(place, Build.PORTABLE).parent


def test_the_kept_wheel_is_installed_once(fake_venv, package, kept, calls):
    place = fake_venv()
    wheel = kept(place)
    package(place, "llama-cpp-python", "0.3.36")
    with environment.held(place) as lock:
        engine.install(place, lock)
        engine.install(place, lock)
    assert calls.read_text() == f"-m pip install --no-index --no-deps --force-reinstall {wheel}\n"


def test_a_build_that_dies_is_made_again_by_portable_flags(fake_venv, kept, package, tmp_path, capsys):
    place = fake_venv()
    kept(place)
    seen = tmp_path / "seen"
    fake_venv(DIES_ONCE.format(seen=seen, works=f'case "$*" in {WORKS}', dies=DIES))
    with environment.held(place) as lock:
        engine.prove(place, lock)
    assert "-DGGML_NATIVE=OFF" in seen.read_text()
    said = capsys.readouterr().out
    assert "ended with SIGSEGV on Xeon (AMX)" in said
    assert "Building llama.cpp by portable flags" in said


def test_a_processor_on_which_no_build_works_stops_the_installation(fake_venv, kept):
    place = fake_venv(DIES)
    kept(place)
    kept(place, Build.PORTABLE)
    with environment.held(place) as lock, pytest.raises(Stop, match=r"ended with SIGSEGV on Xeon \(AMX\)") as stop:
        engine.prove(place, lock)
    assert "portable flags" in stop.value.message


def test_a_wheelhouse_whose_llama_dies_is_named_as_the_cause(fake_venv, calls):
    place = fake_venv(DIES)
    (place.wheelhouse / "llama_cpp_python-0.3.36-py3-none-any.whl").touch()
    with environment.held(place) as lock, pytest.raises(Stop, match="SIGSEGV") as stop:
        engine.prove(place, lock)
    assert "wheelhouse" in stop.value.hint.words
    assert "pip" not in calls.read_text()


def test_an_engine_that_works_is_left_alone(fake_venv, calls):
    place = fake_venv(WORKS)
    with environment.held(place) as lock:
        engine.prove(place, lock)
    assert calls.read_text() == "-m core.cli.trials llama.cpp\n"


def test_silence_is_not_taken_for_work(fake_venv, kept):
    place = fake_venv()
    kept(place, Build.PORTABLE)
    with environment.held(place) as lock, pytest.raises(Stop, match="gave no answer"):
        engine.prove(place, lock)


def test_the_processor_is_read_as_the_kernel_tells_it(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(
        "processor\t: 0\nmodel name\t: Some CPU @ 2.10GHz\nflags\t\t: fpu amx_tile\n\nprocessor\t: 1\n"
    )
    found = machine.processor(tmp_path)
    assert found == machine.Processor("Some CPU @ 2.10GHz", frozenset({"fpu", "amx_tile"}), True)


def test_what_is_included_in_the_build_is_where_cmake_is_told(place):
    options = engine.cmake_options(Build.NATIVE, GCC_12, AMX)
    included = Path(options[0].partition("=")[2])
    assert included.is_file() and os.access(included, os.R_OK)
    assert "llama-server" in included.read_text(encoding="utf-8")


def test_what_is_added_to_llama_cpp_is_part_of_the_recipe(place, monkeypatch, tmp_path):
    before = engine.folder(place, Build.NATIVE)
    changed = tmp_path / "engine_adapter.h"
    changed.write_bytes(engine.ADAPTER_FILE.read_bytes() + b"// changed\n")
    monkeypatch.setattr(engine, "ADAPTER_FILE", changed)
    assert engine.folder(place, Build.NATIVE) != before
