"""The process of one case: calls its function and writes figures, processor time and peak memory to a file."""

import importlib
import json
import resource
import sys
from pathlib import Path

from core.offline import refuse_connections
from tests.benchmarks.frame import KIB_PER_MB, PEAK, Measured


def main(call: str) -> None:
    """Run what `call` (JSON: function, arguments, result) describes. Connections to other machines are refused."""
    refuse_connections()
    asked = json.loads(call)
    module, _, name = asked["function"].partition(":")
    measured: Measured = getattr(importlib.import_module(module), name)(**asked["arguments"])
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "figures": {PEAK: own.ru_maxrss / KIB_PER_MB, **measured.figures},
        "detail": measured.detail,
        "cpu_s": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
    }
    Path(asked["result"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
