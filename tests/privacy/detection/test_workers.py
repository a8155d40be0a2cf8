import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import core.privacy.detection.detector as detection
from core.errors import SetupError
from core.models import registry
from core.privacy import Detector, build_detector
from tests.children import children_of

pytestmark = pytest.mark.model

MODEL = Path(registry.find_model([registry.embedded_folder()], "en-core-web-md").path)
TEXTS = [f"On day {n} Sgt Harlow wrote to Dr. Okonkwo at k.okonkwo{n}@unit.local from Oslo." for n in range(300)]


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Detector:
    """A detector that starts two workers."""
    monkeypatch.setattr(detection, "BATCH_CHARACTERS", 1_000)
    return build_detector(MODEL, workers=2)


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return children_of(process.pid, "core.privacy.detection.networks.worker")


def test_workers_find_what_one_process_finds_in_the_same_order(shared: Detector, detector: Detector) -> None:
    texts = [*TEXTS[:100], "", "   ", "\n".join(TEXTS), ""]
    assert shared.detect(texts) == detector.detect(texts)


def test_no_worker_is_left_when_the_search_ends_or_is_given_up(shared: Detector) -> None:
    shared.detect(TEXTS)
    search = shared.detect_each(TEXTS)
    next(search)
    assert len(workers_of(psutil.Process())) == 2
    search.close()
    assert workers_of(psutil.Process()) == []


def test_a_worker_that_dies_stops_the_search_with_an_error(shared: Detector) -> None:
    search = shared.detect_each(TEXTS)
    next(search)
    for worker in workers_of(psutil.Process()):
        worker.kill()
    with pytest.raises(SetupError, match="ended before it was done"):
        list(search)
    assert workers_of(psutil.Process()) == []


def test_progress_counts_every_character_once(shared: Detector) -> None:
    read: list[int] = []
    list(shared.detect_each(TEXTS, progress=read.append))
    assert sum(read) == sum(map(len, TEXTS))
    assert len(read) > 2


PROGRAM = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores Ctrl-C
import core.privacy.detection.detector as detection
from core.privacy import build_detector
detection.BATCH_CHARACTERS = 100
search = build_detector(Path(sys.argv[1]), workers=2).detect_each("Sgt Harlow left." for _ in iter(int, 1))
for _ in search:
    print("found", flush=True)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_process_that_started_them(end: int) -> None:
    command = [sys.executable, "-c", PROGRAM, str(MODEL)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        assert program.stdout is not None
        program.stdout.readline()
        workers = workers_of(psutil.Process(program.pid))
        assert len(workers) == 2
        os.kill(program.pid, end)
        program.stdout.read()
    gone, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []
    assert len(gone) == 2
