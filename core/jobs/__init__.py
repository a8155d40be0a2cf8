"""Work that takes longer than a second: queued, run in processes of its own, followed, cancelled, resumed."""

from core.jobs.queue import advance, cancel, eta_s, is_device_wanted, list_jobs, log_tail, resume, submit

__all__ = ["advance", "cancel", "eta_s", "is_device_wanted", "list_jobs", "log_tail", "resume", "submit"]
