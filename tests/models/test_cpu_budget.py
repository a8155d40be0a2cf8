"""Whether other programs keep the machine busy: by the load average, less what a training itself does."""

import os

import pytest

from core.models import cpu_budget


@pytest.mark.parametrize(
    ("load", "own_threads", "is_busy"), [(2.9, 0, False), (3.0, 0, True), (6.9, 4, False), (7.0, 4, True), (0.0, 4, False)]
)
def test_busy_is_three_quarters_of_the_cores_of_others(monkeypatch, load, own_threads, is_busy):
    monkeypatch.setattr(cpu_budget, "core_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 9.0, 9.0))
    assert cpu_budget.is_busy(own_threads=own_threads) is is_busy


def test_a_system_without_a_load_average_counts_as_quiet(monkeypatch):
    monkeypatch.delattr(os, "getloadavg")
    assert cpu_budget.is_busy() is False
