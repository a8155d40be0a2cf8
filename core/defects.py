"""A defect of ours gets a reference number; the log says where it happened, never what a message quotes."""

import logging
import secrets

log = logging.getLogger("garrison")


def record_defect(error: BaseException) -> str:
    """Log the type and the places of `error`, but no message: that may quote a document. Gives the reference number."""
    reference = secrets.token_hex(4)
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    log.error("defect %s: %s\n  %s", reference, type(error).__name__, "\n  ".join(frames))
    return reference
