"""Errors shown where they belong, with what to do; a defect shows a reference number, never its internals."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.crash_reports import record_crash
from core.errors import GarrisonError
from core.records import Job


def show_error(error: GarrisonError) -> None:
    """Show what happened and what to do next."""
    _show(error.message, error.hint.words)


def show_job_error(job: Job) -> None:
    """Show why a job failed and what to do next."""
    _show(job.error, job.hint)


def _show(message: str, hint: str) -> None:
    st.error(f"{message}\n\n{hint}".strip(), icon=":material/error:")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show whatever goes wrong in the block; the script continues after it.

    Streamlit's own signals (stop, rerun) are not `Exception`s and pass through.
    """
    try:
        yield
    except GarrisonError as error:
        show_error(error)
    except Exception as error:
        st.error("Something went wrong inside Garrison. Nothing stored is lost; try again.", icon=":material/error:")
        st.caption("If it happens again, report this reference number:")
        st.code(record_crash(error), language=None)
