"""Logs bugs in Garrison under a reference number: where they happened, never the message, which may quote a document."""

import logging
import secrets

log = logging.getLogger("garrison")


def record_crash(error: BaseException) -> str:
    """Log the type and stack of `error`, never its message, which may quote a document; return the reference number."""
    reference = secrets.token_hex(4)
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    log.error("defect %s: %s\n  %s", reference, type(error).__name__, "\n  ".join(frames))
    return reference
