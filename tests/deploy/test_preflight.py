"""Each line says what was seen, and what to do where it does not fit."""

import dataclasses
import socket
from pathlib import Path

import pytest
from console import Stop
from deploy import preflight
from deploy.preflight import Machine

from core.carry.manifest import Needs

NEEDS = Needs(machine="x86_64", glibc="2.31", memory_bytes=4 * 10**9, unpacked_bytes=10**6, python="3.11")
CUDA = dataclasses.replace(NEEDS, cuda="13.0", driver="580.65.06")


def machine(root: Path, **files: str) -> Machine:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Machine(root=root, machine="x86_64")


def test_another_architecture_fails(tmp_path):
    line = preflight.architecture(NEEDS, dataclasses.replace(machine(tmp_path), machine="aarch64"))
    assert line.state == "fail" and "aarch64" in line.words


@pytest.mark.parametrize(
    ("found", "state"), [("2.31", "ok"), ("2.36", "ok"), ("2.100", "ok"), ("2.28", "fail"), ("", "fail")]
)
def test_glibc_is_compared_as_numbers(monkeypatch, found, state):
    monkeypatch.setattr(preflight, "glibc_version", lambda: found)
    assert preflight.glibc(NEEDS).state == state


@pytest.mark.parametrize(
    ("flags", "state", "words"),
    [
        ("sse4_2 avx avx2 fma f16c avx512f", "ok", "AVX-512"),
        ("sse4_2 avx avx2 fma f16c", "ok", "AVX2"),
        ("sse4_2 avx", "warn", "four times slower"),
        ("sse2", "fail", "newer machine"),
    ],
)
def test_the_processor(tmp_path, flags, state, words):
    line = preflight.processor(machine(tmp_path, proc__cpuinfo=f"processor : 0\nflags\t\t: {flags}\n"))
    assert (line.state, words in line.words) == (state, True)


@pytest.mark.parametrize(("kilobytes", "state"), [(8_000_000, "ok"), (3_000_000, "warn"), (1_000_000, "fail")])
def test_memory(tmp_path, kilobytes, state):
    assert preflight.memory(NEEDS, machine(tmp_path, proc__meminfo=f"MemTotal:  {kilobytes} kB\n")).state == state


MOUNTS = """1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:2 / /opt rw,noexec - ext4 /dev/sda2 rw
3 1 8:3 / /srv\\040x ro - ext4 /dev/sda3 ro
"""


@pytest.mark.parametrize(("where", "state"), [("/opt", "fail"), ("/var", "ok"), ("/", "ok")])
def test_a_noexec_mount_fails_by_its_name(tmp_path, where, state):
    seen = machine(tmp_path, proc__self__mountinfo=MOUNTS)
    assert preflight.mount(Path(where), seen).state == state


def test_the_innermost_mount_counts_and_blanks_are_read(tmp_path):
    seen = machine(tmp_path, proc__self__mountinfo=MOUNTS)
    assert preflight.mount_of(Path("/srv x/garrison"), seen) == ("/srv x", {"ro"})
    assert preflight.mount_of(Path("/optional"), seen)[0] == "/"


def test_too_little_disk_fails(tmp_path):
    line = preflight.disk(dataclasses.replace(NEEDS, unpacked_bytes=10**18), tmp_path / "not" / "there")
    assert line.state == "fail" and str(tmp_path) in line.words


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.44.01  Release", "ok"),
        ("Kernel Module  535.1", "fail"),
        ("", "fail"),
    ],
)
def test_the_driver_against_cuda(tmp_path, version, state):
    assert preflight.driver(CUDA, machine(tmp_path, proc__driver__nvidia__version=version)).state == state


def test_application_control_and_labels_are_told_what_to_do(tmp_path):
    seen = machine(tmp_path, sys__fs__selinux__enforce="1", etc__fapolicyd__fapolicyd_conf="")
    assert "restorecon" in preflight.selinux(seen).words and "fapolicyd-cli" in preflight.fapolicyd(seen).words


def test_a_port_that_is_taken_warns():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert preflight.free_port(taken.getsockname()[1]).state == "warn"


def test_a_clock_before_the_bundle_fails(tmp_path):
    seen = Machine(root=tmp_path, now_s=1.0)
    assert preflight.clock("2026-01-01T00:00:00+00:00", seen).state == "fail"
    assert preflight.clock("2026-01-01T00:00:00+00:00", Machine(root=tmp_path, now_s=2e9)).state == "ok"


def test_a_prefix_with_other_files_fails_and_an_interrupted_one_does_not(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes").touch()
    (tmp_path / "b" / "store").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / ".lock").touch()
    assert [preflight.existing(tmp_path / name).state for name in "abcd"] == ["fail", "ok", "ok", "ok"]


def test_a_failing_line_ends_with_a_sentence(capsys):
    with pytest.raises(Stop, match="memory"):
        preflight.report(iter([preflight.Line("ok", "port", "free"), preflight.Line("fail", "memory", "none")]))
    assert "fail  memory" in capsys.readouterr().out
