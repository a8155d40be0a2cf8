"""Files a page put beside the workspace for a job: gone once the job has used them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def remove_incoming(params: dict[str, Any], paths: Iterable[Path]) -> None:
    """Delete `paths`, and their folders once empty, where the job's params say `remove_after`."""
    if not params.get("remove_after"):
        return
    for path in paths:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
