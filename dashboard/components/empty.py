"""Empty states: why a page has nothing to show, and the step that comes first."""

import streamlit as st


def empty_state(text: str, *, page: str = "", label: str = "") -> None:
    """Say what is missing and, given a `page` ("documents"), show a primary button named `label` that goes there."""
    with st.container(border=True):
        st.markdown(text)
        if page and st.button(label, type="primary", key=f"empty-{page}", icon=":material/arrow_forward:"):
            st.switch_page(f"app_pages/{page}.py")
