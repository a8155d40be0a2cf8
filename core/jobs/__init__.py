"""Jobs: work that takes more than a second. They are queued, run in separate processes, monitored, canceled and resumed."""

from core.jobs.queue import (
    advance,
    cancel,
    enqueue,
    eta_s,
    is_device_wanted,
    list_jobs,
    log_tail,
    process_ids,
    resume,
    submit,
)

__all__ = [
    "advance",
    "cancel",
    "enqueue",
    "eta_s",
    "is_device_wanted",
    "list_jobs",
    "log_tail",
    "process_ids",
    "resume",
    "submit",
]
