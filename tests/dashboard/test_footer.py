"""What the foot of every page measures."""

import socket
from types import SimpleNamespace

import psutil
import pytest

from core.offline import OFFLINE_VARIABLES
from dashboard.components.errors import shown_errors
from dashboard.components.footer import offline_words
from dashboard.components.offline import measure_offline


@pytest.fixture
def offline(monkeypatch):
    for name, value in OFFLINE_VARIABLES.items():
        monkeypatch.setenv(name, value)


def endpoint(address, port):
    return SimpleNamespace(ip=address, port=port)


def test_connections_within_this_machine_count_as_offline(offline):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        report = measure_offline()
    assert (report.outgoing, report.incoming, report.is_offline) == (0, 0, True)
    assert offline_words(report).endswith("offline: yes")


def test_connection_to_another_computer_is_told_from_a_browser_that_connects_to_us(offline, monkeypatch):
    open_now = [
        SimpleNamespace(laddr=endpoint("0.0.0.0", 8501), raddr=(), status=psutil.CONN_LISTEN),
        SimpleNamespace(laddr=endpoint("10.0.0.1", 8501), raddr=endpoint("10.0.0.7", 50_000), status="ESTABLISHED"),
        SimpleNamespace(laddr=endpoint("10.0.0.1", 44_000), raddr=endpoint("203.0.113.5", 443), status="ESTABLISHED"),
        SimpleNamespace(laddr=endpoint("::1", 44_001), raddr=endpoint("::1", 44_002), status="ESTABLISHED"),
    ]
    monkeypatch.setattr(psutil.Process, "net_connections", lambda self, kind: open_now)
    report = measure_offline()
    assert (report.outgoing, report.incoming, report.is_offline) == (1, 1, False)
    assert "offline: no, 1 connection" in offline_words(report)


def test_missing_variable_makes_offline_unsure(offline, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    report = measure_offline()
    assert report.missing == ("HF_HUB_OFFLINE",)
    assert "not sure" in offline_words(report)


def test_process_that_has_ended_is_passed_over(offline):
    assert measure_offline([2**22 + 1]).outgoing == 0


def test_defect_is_logged_by_reference_without_its_message(caplog):
    with shown_errors():
        raise ValueError("Maria Keller")
    assert "defect" in caplog.text and "ValueError" in caplog.text
    assert "Maria" not in caplog.text
