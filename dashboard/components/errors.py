"""Errors where they belong, with what to do; a defect shows a reference number and never its insides."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import GarrisonError

log = logging.getLogger("garrison.dashboard")


def show_error(error: GarrisonError) -> None:
    """What happened and what to do next."""
    st.error(f"{error.message}\n\n{error.hint}" if error.hint else error.message, icon=":material/error:")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show what goes wrong in the block; the script goes on after it.

    Streamlit's own signals (stop, rerun) are no `Exception` and pass through.
    """
    try:
        yield
    except GarrisonError as error:
        show_error(error)
    except Exception as error:
        reference = secrets.token_hex(4)
        log.error("defect %s: %s\n  %s", reference, type(error).__name__, "\n  ".join(_frames(error)))
        st.error("Something went wrong inside Garrison. Nothing stored is lost; try again.", icon=":material/error:")
        st.caption("If it happens again, report this reference number:")
        st.code(reference, language=None)


def _frames(error: BaseException) -> list[str]:
    """Where it happened, without the message: that may quote a document."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames
