"""Each line says what was seen, and what to do where it does not fit."""

import dataclasses
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from console import Stop
from deploy import install as steps
from deploy import preflight
from deploy.prefix import Prefix, State
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
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build", "ok"),
        ("Kernel Module  535.1", "fail"),
        ("", "fail"),
    ],
)
def test_the_driver_against_cuda(tmp_path, version, state):
    assert preflight.driver(CUDA, machine(tmp_path, proc__driver__nvidia__version=version)).state == state


def test_application_control_and_labels_are_told_what_to_do(tmp_path):
    seen = machine(tmp_path, sys__fs__selinux__enforce="1", etc__fapolicyd__fapolicyd_conf="")
    assert "systemctl stop fapolicyd" in preflight.fapolicyd(seen).words
    assert preflight.selinux(Path("/opt/garrison"), seen).state == "ok"
    line = preflight.selinux(Path("/srv/garrison"), seen)
    assert line.state == "warn" and "semanage fcontext -a -e /opt/garrison /srv/garrison" in line.words


def test_a_port_that_is_taken_warns():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert preflight.free_port(taken.getsockname()[1]).state == "warn"


def test_the_port_of_the_service_itself_is_no_warning(opened, prefix):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        prefix.root.mkdir(parents=True)
        prefix.write_state(State(port=port))
        (line,) = (line for line in preflight.look(opened().manifest, prefix, port=port) if line.subject == "port")
        assert (line.state, "of the service" in line.words) == ("ok", True)


def test_a_clock_before_the_bundle_fails(tmp_path):
    seen = Machine(root=tmp_path, now_s=1.0)
    assert preflight.clock("2026-01-01T00:00:00+00:00", seen).state == "fail"
    assert preflight.clock("2026-01-01T00:00:00+00:00", Machine(root=tmp_path, now_s=2e9)).state == "ok"


def test_a_prefix_with_other_files_fails_and_an_interrupted_one_does_not(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes").touch()
    (tmp_path / "b" / "store").mkdir(parents=True)
    (tmp_path / "b" / ".lock").touch()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / ".lock").touch()
    (tmp_path / "e" / "store").mkdir(parents=True)  # of somebody who calls a folder like ours
    (tmp_path / "f" / "store").mkdir(parents=True)
    (tmp_path / "f" / "notes").touch()
    (tmp_path / "f" / ".lock").touch()
    states = [preflight.existing(Prefix(tmp_path / name)).state for name in "abcdef"]
    assert states == ["fail", "ok", "ok", "ok", "fail", "fail"]


def test_a_file_in_the_place_of_the_prefix_or_a_folder_in_that_of_the_link_fails(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "a" / "store").mkdir(parents=True)
    (tmp_path / "a" / "current").mkdir()
    for name, words in (("file", "is a file"), ("a", "no link to a version")):
        line = preflight.existing(Prefix(tmp_path / name))
        assert line.state == "fail" and words in line.words


def test_a_file_system_that_is_read_only_fails_even_where_the_mount_is_not(tmp_path):
    mounts = MOUNTS.replace("/dev/sda1 rw", "/dev/sda1 ro")
    line = preflight.mount(Path("/var"), machine(tmp_path, proc__self__mountinfo=mounts))
    assert line.state == "fail" and "read-only" in line.words


def test_a_prefix_that_is_a_link_counts_where_it_leads(tmp_path):
    (tmp_path / "here").symlink_to("/opt")
    (tmp_path / "there").symlink_to("/nowhere")
    seen = machine(tmp_path, proc__self__mountinfo=MOUNTS)
    assert preflight.mount(tmp_path / "here" / "garrison", seen).state == "fail"
    assert preflight.mount(tmp_path / "there" / "garrison", seen).state == "ok"


def test_a_place_that_others_may_write_fails(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    line = preflight.owner(tmp_path / "open" / "garrison")
    assert line.state == "fail" and "Everybody may write" in line.words
    (tmp_path / "open").chmod(0o1777)  # as /tmp
    assert preflight.owner(tmp_path / "open" / "garrison").state == "ok"


def test_every_line_is_looked_at_and_what_is_stored_counts(opened, prefix, monkeypatch):
    bundle = opened(weights=bytes(3 * 10**5))
    free = 10**6 - 2 * 10**5  # less than the 10**6 bytes that the bundle asks for
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    lines = {line.subject: line for line in preflight.look(bundle.manifest, prefix)}
    assert lines["disk"].state == "fail" and lines["owner"].state == "ok" and len(lines) == 14
    prefix.root.mkdir(parents=True)
    steps.put_in_store(prefix, bundle)
    line = next(line for line in preflight.look(bundle.manifest, prefix) if line.subject == "disk")
    assert line.state == "ok" and "beside the" in line.words
    steps.build_version(prefix, bundle.manifest)
    assert prefix.present_bytes(bundle.manifest) == bundle.manifest.needs.unpacked_bytes


def test_leftovers_that_go_first_count_as_room_and_links_into_the_store_do_not(opened, prefix):
    bundle = opened()
    prefix.store.mkdir(parents=True)
    steps.put_in_store(prefix, bundle)
    stored = prefix.present_bytes(bundle.manifest)
    partial = prefix.versions / ".0.1.0.partial"
    partial.mkdir(parents=True)
    steps.link(prefix.object(bundle.manifest.files[0].sha256), partial / "python.tar")
    (partial / "unpacked").write_bytes(bytes(1000))
    (partial / "link").symlink_to("/etc/passwd")
    (prefix.store / "x.partial").write_bytes(bytes(10))
    (prefix.store / "of another bundle").write_bytes(bytes(10**6))
    assert prefix.present_bytes(bundle.manifest) == stored + 1010


def test_a_failing_line_ends_with_a_sentence(capsys):
    with pytest.raises(Stop, match="memory"):
        preflight.report(iter([preflight.Line("ok", "port", "free"), preflight.Line("fail", "memory", "none")]))
    assert "fail  memory" in capsys.readouterr().out
