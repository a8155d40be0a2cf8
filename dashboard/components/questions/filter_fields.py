"""A row for each filter of core's list: its switch, the thresholds that move it, and room for a count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import annotated_types
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.questions.filters import FILTERS, Filter
from core.settings import FilterSettings

_WORDS = "Words and phrases, with commas between"


@dataclass(frozen=True, slots=True)
class Row:
    """A filter as it is drawn, with the place for what it drops."""

    filter: Filter
    place: DeltaGenerator


def filter_fields(settings: FilterSettings, *, key: str) -> tuple[dict[str, Any], list[Row]]:
    """Draw a row for each filter, filled in from `settings`; return the settings that are chosen, and the rows.

    Core checks the values again. `key` is another one where the fields shall begin anew.
    """
    chosen: dict[str, Any] = {"on": [], "off": []}
    rows = []
    for each in FILTERS:
        switch, place, fields = st.columns((4, 3, 6), vertical_alignment="center")
        name = each.reason.name
        is_on = switch.toggle(
            f"**{each.reason.words}**", each.applies(settings), key=f"filter-{name}-{key}", help=each.reason.description
        )
        if is_on != each.is_on:
            chosen["on" if is_on else "off"].append(name)
        with fields.container(horizontal=True, vertical_alignment="bottom"):
            for threshold in each.thresholds:
                chosen[threshold] = _field(threshold, settings, key=f"filter-{threshold}-{key}", is_on=is_on)
        rows.append(Row(each, place))
    return chosen, rows


def _field(name: str, settings: FilterSettings, *, key: str, is_on: bool) -> Any:
    """Draw one threshold: a list of words, a whole number, or a share shown in percent."""
    field, value = FilterSettings.model_fields[name], getattr(settings, name)
    if isinstance(value, tuple):
        return st.text_area(_WORDS, ", ".join(value), key=key, disabled=not is_on, height=68)
    low, high = _bound(field.metadata, annotated_types.Ge, "ge"), _bound(field.metadata, annotated_types.Le, "le")
    label = field.title or name.replace("_", " ").capitalize()
    as_shown: Callable[[Any], Any] = int if isinstance(value, int) else _percent
    given = st.number_input(
        label if isinstance(value, int) else f"{label}, in %",
        min_value=as_shown(low),
        max_value=as_shown(high),
        value=as_shown(value),
        step=1 if isinstance(value, int) else 1.0,
        format=None if isinstance(value, int) else "%g",
        help=field.description,
        key=key,
        disabled=not is_on,
        width=160,
    )
    shown = as_shown(value) if given is None else given
    return shown if isinstance(value, int) else round(shown / 100, 6)


def _percent(share: float) -> float:
    return float(round(share * 100, 4))


def _bound(metadata: list[Any], kind: type, name: str) -> Any:
    return next(getattr(rule, name) for rule in metadata if isinstance(rule, kind))
