"""The buttons that go from page to page of something long."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What each button does, before the page is drawn again, and whether there is anything before and after."""

    first: Callable[[], None]
    previous: Callable[[], None]
    next: Callable[[], None]
    last: Callable[[], None]
    has_previous: bool
    has_next: bool


def show_ways(ways: Ways, *, key: str) -> None:
    """Draw the four buttons, side by side in a horizontal container; their keys begin with `key`."""
    for name, icon, words, act, is_there in (
        ("first", "first_page", "First page", ways.first, ways.has_previous),
        ("previous", "chevron_left", "Page before", ways.previous, ways.has_previous),
        ("next", "chevron_right", "Next page", ways.next, ways.has_next),
        ("last", "last_page", "Last page", ways.last, ways.has_next),
    ):
        st.button("", icon=f":material/{icon}:", help=words, key=f"{key}-{name}", on_click=act, disabled=not is_there)
