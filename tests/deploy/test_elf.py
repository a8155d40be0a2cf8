"""The glibc floor is read off the files themselves."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from bundle.elf import as_tuple, needed, newest_glibc


def test_what_a_program_needs_agrees_with_readelf():
    program = Path(sys.executable).resolve()
    readelf = shutil.which("readelf")
    assert readelf, "binutils are missing"
    said = subprocess.run(
        [readelf, "--version-info", "--dynamic", "--wide", str(program)], capture_output=True, text=True, check=True
    ).stdout
    wants = needed(program.read_bytes())
    assert wants is not None
    names = {
        word for line in said.splitlines() if "Name: GLIBC_" in line for word in line.split() if word.startswith("GLIBC_")
    }
    assert wants.versions >= names and names
    assert all(f"[{library}]" in said for library in wants.libraries) and wants.libraries


def test_versions_compare_as_numbers_not_as_text(tmp_path):
    assert as_tuple("2.4") < as_tuple("2.31")


def test_a_wheel_is_looked_into(tmp_path):
    program = Path(sys.executable).resolve().read_bytes()
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as archive:
        archive.writestr("a/lib/native.so", program)
        archive.writestr("a/text.py", "x = 1")
    floor, who = newest_glibc([tmp_path / "a-1-py3-none-any.whl"])
    assert who.endswith("a/lib/native.so") and floor == needed(program).glibc


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + bytes(64)])
def test_what_is_no_64_bit_elf_needs_nothing(content):
    assert needed(content) is None
