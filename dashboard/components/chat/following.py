"""Keep the end of a conversation in sight while an answer is written, unless the reader has scrolled up."""

import streamlit as st

NEAR_PX = 160  # from the end, within which a reader is taken to follow it
_JS = """
export default function ({ data, parentElement }) {
  const page = document.querySelector('[data-testid="stMain"]')
  if (!page) return
  const toEnd = () => { page.scrollTop = page.scrollHeight }
  if (parentElement.shown !== data.shown) {
    parentElement.shown = data.shown
    parentElement.isFollowing = true
    for (const wait of [0, 100, 300, 700]) setTimeout(() => parentElement.isFollowing && toEnd(), wait)
  }
  parentElement.isWritten = data.isWritten
  if (parentElement.watch) return
  const left = () => page.scrollHeight - page.scrollTop - page.clientHeight
  const scrolled = () => { parentElement.isFollowing = left() < data.near }
  for (const name of ["wheel", "touchmove", "keyup"])
    page.addEventListener(name, () => setTimeout(scrolled, 50), { passive: true })
  parentElement.watch = new MutationObserver(() => {
    if (!parentElement.isConnected) parentElement.watch.disconnect()
    else if (parentElement.isWritten && parentElement.isFollowing) toEnd()
  })
  parentElement.watch.observe(page, { childList: true, subtree: true, characterData: true })
}
"""
_MOUNT = st.components.v2.component("garrison_following", js=_JS, isolate_styles=False)


def follow(shown: str, *, is_written: bool) -> None:
    """Go to the end of the page when `shown` is another than before, and stay there while an answer is written."""
    _MOUNT(data={"shown": shown, "isWritten": is_written, "near": NEAR_PX}, key="chat-following")
