"""How far a writing job is: one figure, by the time that its passages took."""

import pytest

from core.jobs import worker
from core.services.questions import generation
from core.services.questions.writing.pace import FINISHING_S, Pace
from core.storage import Workspace

from .conftest import PASSAGES, ended

LOADING_S, PASSAGE_S, NUMBER, PAIRS = 40.0, 3.0, 200, 25  # a model that takes 40 s to load; 25 pairs of each passage


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 500.0

    def __call__(self) -> float:
        return self.now_s


def left_s(pace: Pace, clock: Clock) -> float:
    """What `core.jobs.eta_s` makes of the figure."""
    percent = pace.percent()
    return (clock.now_s - 500) * (100 - percent) / percent


def test_time_left_is_right_from_the_first_passage_to_the_last_also_after_a_long_start() -> None:
    clock = Clock()
    pace = Pace(clock)
    clock.now_s += LOADING_S
    pace.begin(NUMBER)
    assert pace.percent() == 0
    for written in range(1, NUMBER + 1):
        clock.now_s += PASSAGE_S
        pace.wrote(passages=1, pairs=PAIRS)
        true_s = (NUMBER - written) * PASSAGE_S + FINISHING_S * PAIRS * NUMBER
        assert left_s(pace, clock) == pytest.approx(true_s, rel=0.01, abs=0.01)
    assert 99 < pace.percent() < 100  # the filters come yet


def test_figure_never_goes_back_where_passages_become_slower() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.begin(20)
    told = []
    for number in range(20):
        clock.now_s += 1 if number < 10 else 30
        pace.wrote(passages=1, pairs=1)
        told.append(pace.percent())
    assert told == sorted(told) and 99 < told[-1] <= 100


def test_job_without_a_passage_to_write_has_no_figure() -> None:
    pace = Pace(Clock())
    pace.begin(0)
    assert pace.percent() == 0


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float, str]]:
    """What a job reports."""
    reports: list[tuple[float, float, str]] = []
    monkeypatch.setattr(
        worker.JobContext, "progress", lambda self, done, total, *, message="", **_: reports.append((done, total, message))
    )
    return reports


def test_a_job_tells_one_figure_that_rises_and_examines_as_it_goes(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "PASSAGES_AT_ONCE", 1)
    monkeypatch.setattr("core.services.questions.measures.AT_ONCE", 1)
    examined_before: list[int] = []
    measured = "select count(*) from pair_measures"
    store = generation._store

    def stored(*given: object, **named: object) -> None:
        examined_before.append(here.db.execute(measured).fetchone()[0])
        store(*given, **named)

    monkeypatch.setattr(generation, "_store", stored)
    reports = watched(monkeypatch)
    ended(here, writer="several")
    done = [each[0] for each in reports]
    assert done == sorted(done) and {total for _, total, _ in reports} == {100}
    assert reports[0][2].startswith(f"Reading passage 1 of {PASSAGES} ") and reports[-1][2] == "Filtering"
    assert examined_before == sorted(examined_before) and examined_before[-1] >= PASSAGES - 1


def test_passages_that_were_done_before_are_named_and_no_part_of_the_figure(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(here, writer="several")
    here.db.execute("delete from written_passages where rowid = (select max(rowid) from written_passages)")
    reports = watched(monkeypatch)
    ended(here, writer="several")
    assert reports[0][0] == 0
    assert reports[0][2].startswith("Reading passage 1 of 1 ")
    assert reports[0][2].endswith(f"{PASSAGES - 1} passages done before")
