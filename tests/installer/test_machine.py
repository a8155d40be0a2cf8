import socket
import tomllib
from pathlib import Path

import index
import machine
import pytest
from console import Stop, duration

ROOT = Path(machine.__file__).resolve().parents[1]
HEADER = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def put(root, path, text=""):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_too_little_disk_is_said_with_both_figures(tmp_path):
    with pytest.raises(Stop, match=r"GB free, and the installation needs 1024000\.0 GB"):
        machine.check_disk(tmp_path / "not" / "there", 1_024_000 * machine.GIB)


def test_enough_disk_passes(tmp_path):
    machine.check_disk(tmp_path, 1)


def test_promised_python_is_the_one_that_is_asked_for_and_the_locks_are_read_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    major, minor = machine.PYTHON
    assert project["project"]["requires-python"] == f">={major}.{minor},<{major}.{minor + 1}"
    assert project["tool"]["mypy"]["python_version"] == f"{major}.{minor}"
    assert project["tool"]["ruff"]["target-version"] == f"py{major}{minor}"
    assert f"sys.version_info < ({major}, {minor})" in (ROOT / "installer" / "__main__.py").read_text()
    assert {tag.interpreter for tag in index.tags(["any"]) if tag.abi == tag.interpreter} == {f"cp{major}{minor}"}


@pytest.mark.parametrize("running", [(3, 10), (3, 12), (3, 13), (4, 0)])
def test_another_python_is_refused_before_anything_is_made(running, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match=r"needs Python 3\.11, and this is Python " + ".".join(map(str, running))) as stop:
        machine.check_python(running)
    assert "bundle" in stop.value.hint.words
    put(tmp_path, "python3.11")
    (tmp_path / "python3.11").chmod(0o755)
    with pytest.raises(Stop) as stop:
        machine.check_python(running)
    assert str(tmp_path / "python3.11") in stop.value.hint.words
    machine.check_python(machine.PYTHON)


@pytest.mark.parametrize("sign", ["dev/nvidia0", "dev/dxg", "proc/driver/nvidia/gpus/0000:01:00.0/information"])
def test_nvidia_gpu_is_seen(tmp_path, sign):
    assert not machine.has_nvidia_gpu(tmp_path)
    put(tmp_path, sign)
    assert machine.has_nvidia_gpu(tmp_path)


def test_driver_without_a_gpu_is_none(tmp_path):
    (tmp_path / "proc/driver/nvidia/gpus").mkdir(parents=True)
    assert not machine.has_nvidia_gpu(tmp_path)


def test_interfaces_count_when_up_and_not_the_loopback(tmp_path):
    put(tmp_path, "sys/class/net/lo/flags", "0x9\n")  # up, loopback
    put(tmp_path, "sys/class/net/eth0/flags", "0x1002\n")  # down
    assert machine.networks(tmp_path) == []
    put(tmp_path, "sys/class/net/wlan0/flags", "0x1003\n")  # up
    assert machine.networks(tmp_path) == ["wlan0"]


def test_default_routes(tmp_path):
    assert not machine.has_default_route(tmp_path)
    put(tmp_path, "proc/net/route", HEADER + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n")
    unreachable = f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200       lo\n"
    put(tmp_path, "proc/net/ipv6_route", unreachable)
    assert not machine.has_default_route(tmp_path)
    put(tmp_path, "proc/net/ipv6_route", unreachable.replace("      lo", "    eth0"))
    assert machine.has_default_route(tmp_path)
    put(tmp_path, "proc/net/ipv6_route")
    put(tmp_path, "proc/net/route", HEADER + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")
    assert machine.has_default_route(tmp_path)


def test_port_in_use_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not machine.is_port_free(port)
    assert machine.is_port_free(port)


@pytest.mark.parametrize(("seconds", "words"), [(0.44, "0.4 s"), (75.2, "75 s"), (312, "5 min 12 s"), (3605, "60 min 05 s")])
def test_durations_are_readable(seconds, words):
    assert duration(seconds) == words
