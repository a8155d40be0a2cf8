"""The program of one worker process, started as `python -m core.privacy.detection.networks.worker MODEL…`."""

import json
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.offline import refuse_connections
from core.records import Detection


def main(models: Sequence[str]) -> int:
    """Answer requests line by line until the input ends; return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    from core.privacy.detection.networks.reader import open_reader

    refuse_connections()
    try:
        reader = open_reader(*map(Path, models), is_alone=False)
        for line in sys.stdin.buffer:
            results = reader.read(json.loads(line))
            told = [(_told(first), _told(second)) for first, second in results]
            answers.write(json.dumps(told) + "\n")
            answers.flush()
    except Exception as error:  # its message may quote the text, so only its type is printed
        print(f"A worker of the search ended: {type(error).__name__}.", file=sys.stderr)
        return 1
    return 0


def _told(detections: Iterable[Detection]) -> list[list[int | str | float]]:
    return [[d.start, d.end, d.entity, d.score, d.detector] for d in detections]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
