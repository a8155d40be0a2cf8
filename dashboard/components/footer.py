"""The line at the foot of every page: version, device, offline state (measured), who is acting, workspace folder."""

import os
from pathlib import Path

import psutil
import streamlit as st

from core import __version__, jobs
from core.identity import standing
from core.offline import allowed_machines
from core.storage import Workspace
from core.storage.audit import account
from core.words import counted, size
from dashboard.components.entrance import sign_out_button
from dashboard.components.offline import OfflineReport, measure_offline


def show_footer(workspace: Workspace) -> None:
    """Draw the footer; the connections are counted anew each time."""
    report = measure_offline(jobs.process_ids(workspace))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="footer"):
        st.caption(f"Garrison {__version__}", width="content")
        st.caption(f":material/memory: {device_words()}", width="content")
        st.caption(offline_words(report), help=_offline_help(report), width="content")
        _show_person(workspace)
        st.caption(
            f":material/folder: {workspace.home}", help="The folder that holds everything you make here.", width="content"
        )


def _show_person(workspace: Workspace) -> None:
    """Show who is acting, how that is known and, for somebody who signed in, the sign-out button."""
    if workspace.actor is None:
        words = f":material/person: account {account()}, {standing(is_authenticated=False)}"
        st.caption(words, help="Nobody signs in here. Decisions carry the name that a person declares.", width="content")
        return
    person = workspace.actor.person
    known = standing(is_authenticated=person.is_authenticated)
    st.caption(f":material/verified_user: {known} as {person.name}", width="content")
    sign_out_button(workspace)


def device_words() -> str:
    """Describe this machine: its graphics cards (or else its processor cores) and its memory."""
    cards = [_card_name(path) for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))]
    compute = ", ".join(cards) or f"{counted(len(os.sched_getaffinity(0)), 'processor core')}, no graphics card"
    return f"{compute}, {size(psutil.virtual_memory().total)} memory"


def _card_name(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Model:")), "graphics card")


def offline_words(report: OfflineReport) -> str:
    """Return the offline state: `yes` (with any machines that are allowed), `no` or `not sure`, with the reason."""
    if report.is_offline and (machines := allowed_machines()):
        return f":material/cloud_off: offline: yes, reaches only {' and '.join(machines)}"
    if report.is_offline:
        return ":material/cloud_off: offline: yes"
    if report.outgoing:
        return f":material/cloud_alert: offline: no, {counted(report.outgoing, 'connection')} to other computers"
    return f":material/cloud_alert: offline: not sure, {counted(len(report.missing), 'setting')} missing"


def _offline_help(report: OfflineReport) -> str:
    lines = [
        f"Measured now: {counted(report.outgoing, 'connection')} from Garrison and its jobs to other computers.",
        f"{counted(report.incoming, 'browser connection')} from other computers.",
        f"{counted(report.refused, 'attempt')} to connect refused since the start.",
    ]
    if machines := allowed_machines():
        lines.append(f"An administrator allows {' and '.join(machines)} in the settings of this machine.")
    lines.append(f"Not set: {', '.join(report.missing)}." if report.missing else "All offline settings are set.")
    return " ".join(lines)
