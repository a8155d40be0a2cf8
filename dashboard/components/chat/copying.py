"""A button that copies an answer as it was written."""

import streamlit as st

_CSS = """
.garrison-copy { font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: none; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.5rem); min-height: 2.5rem;
  padding: 0.25rem 0.75rem; }
.garrison-copy:hover { color: var(--st-primary-color); border-color: var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement }) {
  let button = parentElement.querySelector(".garrison-copy")
  if (!button) {
    button = document.createElement("button")
    button.className = "garrison-copy"
    button.type = "button"
    button.textContent = "Copy"
    parentElement.appendChild(button)
  }
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text)
    } catch {  // without https, a page may not use the clipboard so
      const field = document.createElement("textarea")
      field.value = data.text
      document.body.appendChild(field)
      field.select()
      document.execCommand("copy")
      field.remove()
    }
    button.textContent = "Copied"
    setTimeout(() => { button.textContent = "Copy" }, 1500)
  }
}
"""
_MOUNT = st.components.v2.component("garrison_copy", css=_CSS, js=_JS, isolate_styles=False)


def copy_button(text: str, *, key: str) -> None:
    """Draw a button that puts `text` on the clipboard."""
    _MOUNT(data={"text": text}, key=key, width="content")
