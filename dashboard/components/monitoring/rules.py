"""When it is time to train again, and how often the model in use is evaluated: a form of the project's settings."""

from typing import Any

import streamlit as st

from core.records import Person, Project
from core.services.monitoring.rules import set_monitoring
from core.settings import MonitoringSettings
from core.storage import Workspace
from dashboard.components.errors import shown_errors
from dashboard.components.person import reason_against


def show_rules(workspace: Workspace, project: Project, settings: MonitoringSettings, person: Person | None) -> None:
    """Show the settings, and let `person` change them who may train here."""
    against = reason_against(workspace, "train", project)
    with st.expander("When is it time to retrain?", icon=":material/tune:", key="monitoring-rules"):
        st.caption("It is time once a share is larger than here. At 100 % it never is.")
        chosen: dict[str, Any] = {}
        with st.grid(3, min_column_width=220):
            for name, field in MonitoringSettings.model_fields.items():
                value = getattr(settings, name)
                is_share = isinstance(value, float)
                number = st.number_input(
                    f"{field.title} (%)" if is_share else f"{field.title}",
                    min_value=0,
                    max_value=100 if is_share else None,
                    value=round(100 * value) if is_share else value,
                    help=field.description,
                    disabled=bool(against),
                    key=f"monitoring-{name}",
                )
                chosen[name] = number / 100 if is_share else number
        is_same = chosen == settings.model_dump()
        missing = against or ("Write your name first." if person is None else "")
        is_pressed = st.button("Keep these", disabled=is_same or bool(missing), help=missing or None, key="keep-monitoring")
        if is_pressed and person is not None:
            with shown_errors():
                set_monitoring(workspace, project, MonitoringSettings.from_values(chosen), by=person)
                st.rerun()
