"""Start the other processes of a team, and end them with the block."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

import torch
from torch import distributed

from core.models.conversation import Encoded
from core.processes import bound_to_this
from core.records import ModelFormat
from core.settings import TrainingSettings
from core.training.team.team import Team, ended_told

END_S = 10.0  # that a process has to end by itself
MEET_S = 180.0  # that it has to begin: it imports torch
# On one machine: the processes find each other through a file, and talk through its own loopback.
LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What another process needs to take the same steps: the model, and rows that are tokenized already."""

    path: Path
    format: ModelFormat
    template: str
    cache: Path | None
    folder: Path
    tokens: Path
    texts: Sequence[Encoded]
    rejected: Sequence[Encoded]
    facts: int
    settings: TrainingSettings
    start: Path | None = None
    validation: Sequence[
        Encoded
    ] = ()  # and what is asked on the way: only if weights are divided, which takes all processes
    asked: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {
            "path": str(self.path),
            "format": self.format,
            "template": self.template,
            "cache": str(self.cache) if self.cache else None,
            "folder": str(self.folder),
            "tokens": str(self.tokens),
            "texts": _told(self.texts),
            "rejected": _told(self.rejected),
            "facts": self.facts,
            "settings": self.settings.model_dump(),
            "start": str(self.start) if self.start else None,
            "validation": _told(self.validation),
            "asked": [dict(row) for row in self.asked],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Work":
        """Return the work that `as_json` gave."""
        return cls(
            path=Path(told["path"]),
            format=told["format"],
            template=told["template"],
            cache=Path(told["cache"]) if told["cache"] else None,
            folder=Path(told["folder"]),
            tokens=Path(told["tokens"]),
            texts=_read(told["texts"]),
            rejected=_read(told["rejected"]),
            facts=told["facts"],
            settings=TrainingSettings.from_values(told["settings"]),
            start=Path(told["start"]) if told["start"] else None,
            validation=_read(told["validation"]),
            asked=told["asked"],
        )


def _told(rows: Sequence[Encoded]) -> list[Any]:
    return [[list(row.tokens), row.answer_start] for row in rows]


def _read(told: Sequence[Any]) -> list[Encoded]:
    return [Encoded(tuple(tokens), start) for tokens, start in told]


@contextmanager
def team_for(work: Work) -> Iterator[Team]:
    """Yield the team that the settings ask for, of which this process is the first."""
    size = work.settings.processes
    if size == 1:
        yield Team()
        return
    with tempfile.TemporaryDirectory() as name:
        meeting = Path(name) / "team"
        others = [_start(work, meeting, rank=rank, size=size) for rank in range(1, size)]
        threads = torch.get_num_threads()
        team, wait_s = Team(rank=0, size=size, is_divided=work.settings.weights == "divided"), 0.0
        try:
            join(meeting, team)
            yield team
            wait_s = END_S
        finally:
            leave()
            torch.set_num_threads(threads)
            for other in others:
                _end(other, wait_s)


def join(meeting: Path, team: Team) -> None:
    """Meet the other processes at a file, and share the cores with them; each takes a GPU of its own if there are any.

    Raises:
        SetupError: another process did not begin.
    """
    os.environ.update(LOOPBACK)
    rank, size = team.rank, team.size
    if torch.cuda.is_available():
        torch.cuda.set_device(rank % torch.cuda.device_count())
    torch.set_num_threads(max(1, torch.get_num_threads() // size))
    is_one_each = torch.cuda.is_available() and torch.cuda.device_count() >= size
    store = distributed.FileStore(str(meeting), size)  # type: ignore[attr-defined]
    store.set(f"begun {rank}", "yes")
    with ended_told(size):
        store.wait([f"begun {other}" for other in range(size)], timedelta(seconds=MEET_S))
        distributed.init_process_group("nccl" if is_one_each else "gloo", store=store, rank=rank, world_size=size)


def leave() -> None:
    """Leave the team, if this process has joined one."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _start(work: Work, meeting: Path, *, rank: int, size: int) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "core.training.team.member"]
    child = subprocess.Popen(bound_to_this(program), stdin=subprocess.PIPE)  # noqa: S603 our own interpreter and module
    told = {"work": work.as_json(), "meeting": str(meeting), "rank": rank, "size": size}
    with suppress(BrokenPipeError), cast(IO[bytes], child.stdin) as told_to:  # if it has ended, it misses the meeting
        told_to.write(json.dumps(told).encode())
    return child


def _end(other: "subprocess.Popen[bytes]", wait_s: float) -> None:
    try:
        other.wait(wait_s)
    except subprocess.TimeoutExpired:
        other.kill()
        other.wait()
