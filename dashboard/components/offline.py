"""Whether Garrison talks to other computers: measured from open connections, not just claimed."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from core.offline import OFFLINE_VARIABLES, is_allowed, is_local, refused_count


@dataclass(frozen=True, slots=True)
class OfflineReport:
    """Connections to other computers: those Garrison opened (`outgoing`) and those opened to it (`incoming`).

    This process's connections to what an administrator allows, for sign-in or a model server, are not counted.
    `refused` counts the attempts of this process that its guard stopped; `missing` names the offline variables that are
    not set as required in it.
    """

    outgoing: int
    incoming: int
    refused: int
    missing: tuple[str, ...]

    @property
    def is_offline(self) -> bool:
        """Whether no connection to another computer was opened and every offline variable is set."""
        return self.outgoing == 0 and not self.missing


def measure_offline(process_ids: Iterable[int] = ()) -> OfflineReport:
    """Inspect the open internet sockets of this process and of `process_ids` (the workers of jobs)."""
    outgoing = incoming = 0
    for process_id in {os.getpid(), *process_ids}:
        try:
            connections = psutil.Process(process_id).net_connections(kind="inet")
        except psutil.Error:  # it has ended, or we may not inspect it
            continue
        listening = {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN}
        for connection in connections:
            if connection.raddr and not is_local(connection.raddr.ip):
                if connection.laddr.port in listening:
                    incoming += 1
                elif process_id != os.getpid() or not is_allowed(connection.raddr.ip, connection.raddr.port):
                    outgoing += 1
    missing = tuple(name for name, value in OFFLINE_VARIABLES.items() if os.environ.get(name) != value)
    return OfflineReport(outgoing=outgoing, incoming=incoming, refused=refused_count(), missing=missing)
