"""A choice of one of a few, of which one is always chosen."""

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

Name = TypeVar("Name", bound=str)


def one_of(label: str, words: Mapping[Name, str], *, key: str) -> Name:
    """Draw a row of buttons of which the first is chosen to begin with, without its label; return the chosen one.

    Args:
        label: what is chosen, for those who hear the page.
        words: what each button says, by what is returned for it.
        key: of the widget.
    """
    return st.segmented_control(
        label,
        list(words),
        default=next(iter(words)),
        required=True,
        format_func=lambda name: words[name],
        label_visibility="collapsed",
        key=key,
    )
