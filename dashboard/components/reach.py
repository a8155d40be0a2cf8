"""Going to a part of the page that what was just pressed is about, where it is not in sight."""

import time

import streamlit as st

_JS = """
export default function ({ data, parentElement }) {
  if (parentElement.reached === data.number) return
  parentElement.reached = data.number
  let tries = 0
  const reach = () => {
    const target = document.querySelector(`.st-key-${data.target}`)
    if (target) {
      target.tabIndex = -1
      target.style.outline = "none"
      target.style.scrollMarginTop = "5rem"  // below Streamlit's bar
      target.focus({ preventScroll: true })
      target.scrollIntoView({ block: "start" })
    } else if (tries++ < 100) setTimeout(reach, 50)
  }
  reach()
}
"""
_MOUNT = st.components.v2.component("garrison_reach", js=_JS, isolate_styles=False)
_TARGET = "reach-target"


def go_to(key: str) -> None:
    """Have the browser go to the container with this Streamlit key once the page is drawn."""
    st.session_state[_TARGET] = key


def reach_target() -> None:
    """Go where `go_to` said, if it did since the last drawing; call it at the end of a page."""
    if target := st.session_state.pop(_TARGET, ""):
        _MOUNT(data={"target": target, "number": time.time_ns() // 1_000_000}, key="reach")
