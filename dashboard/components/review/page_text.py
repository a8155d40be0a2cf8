"""A page of a document with its personal data highlighted: click a span, select text, work by keyboard.

The browser side is a small script that builds the page with `textContent` alone, so that nothing in a
document can become markup. It gets pieces of text, never offsets, because JavaScript counts characters differently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.privacy.entities import TYPE_OF
from core.privacy.replacement.masking import is_masked
from core.records import Page, Span

ANYWHERE = ("n", "p", "?", "Escape", "u")  # keys that are not about the span in sight; an undo is of the last decision

_CSS = """
.garrison-page { line-height: 1.75; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 34rem; overflow-y: auto;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.75rem 1rem;
  color: var(--st-text-color); }
.garrison-page:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.garrison-told { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.garrison-page mark { background: transparent; color: inherit; cursor: pointer; padding: 0 2px; border-radius: 3px;
  border-bottom: 2px solid var(--mark); background: var(--mark-back); }
.garrison-page mark.rejected { border-bottom-style: dotted; background: transparent; }
.garrison-page mark.accepted span::after { content: " ✓"; }
.garrison-page mark.rejected span::after { content: " ✕"; }
.garrison-page mark.current { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.garrison-page mark span { font-size: 0.7em; margin-left: 0.35em; color: var(--mark-text); user-select: none;
  white-space: nowrap; }
"""

_JS = r"""
export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component
  let page = parentElement.querySelector(".garrison-page")
  if (!page) {
    page = document.createElement("div")
    page.className = "garrison-page"
    page.tabIndex = 0
    parentElement.appendChild(page)
    // the document was just chosen in a list, which would swallow every key for the spans
    const list = document.activeElement?.closest?.(".st-key-review-document")
    if (list) document.activeElement.blur()
  }
  page.setAttribute("aria-label", data.label)
  page.setAttribute("role", "region")
  let told = parentElement.querySelector(".garrison-told")
  if (!told) {
    told = document.createElement("div")
    told.className = "garrison-told"
    told.setAttribute("role", "status")  // a screen reader says what the current span is
    parentElement.appendChild(told)
  }
  if (told.textContent !== data.told) told.textContent = data.told
  const drawn = JSON.stringify(data.pieces)
  if (page.dataset.drawn !== drawn) {
    page.dataset.drawn = drawn
    page.chosen = null
    page.replaceChildren(...data.pieces.map(piece => {
      if (!piece.id) return document.createTextNode(piece.text)
      const mark = document.createElement("mark")
      mark.textContent = piece.text
      mark.dataset.id = piece.id
      mark.className = piece.state
      mark.title = piece.hint
      mark.setAttribute("aria-description", piece.hint)
      mark.style.setProperty("--mark", `var(--st-${piece.color}-color)`)
      mark.style.setProperty("--mark-back", `var(--st-${piece.color}-background-color)`)
      mark.style.setProperty("--mark-text", `var(--st-${piece.color}-text-color)`)
      const label = document.createElement("span")
      label.textContent = piece.label
      label.dataset.label = "yes"
      mark.appendChild(label)
      return mark
    }))
  }
  for (const mark of page.querySelectorAll("mark")) {
    const isCurrent = mark.dataset.id === data.current
    if (isCurrent && !mark.classList.contains("current")) {
      const above = mark.getBoundingClientRect().top - page.getBoundingClientRect().top
      if (above < 0 || above > page.clientHeight - 60) page.scrollTop += above - page.clientHeight / 3
    }
    mark.classList.toggle("current", isCurrent)
  }
  page.onclick = event => {
    const mark = event.target.closest("mark")
    if (mark && window.getSelection().isCollapsed) setTriggerValue("picked", mark.dataset.id)
  }
  const characters = (node, offset) => {  // code points of the document's text before this place
    const range = document.createRange()
    range.setStart(page, 0)
    range.setEnd(node, offset)
    const part = range.cloneContents()
    part.querySelectorAll("[data-label]").forEach(label => label.remove())
    return Array.from(part.textContent).length
  }
  const selected = () => {  // what is selected on this page, in code points; null without
    const selection = window.getSelection()
    if (!data.selectable || !selection.rangeCount || selection.isCollapsed) return null
    const range = selection.getRangeAt(0)
    if (!page.contains(range.startContainer) || !page.contains(range.endContainer)) return null
    const start = characters(range.startContainer, range.startOffset)
    const end = characters(range.endContainer, range.endOffset)
    return end > start ? { page: data.page, start, end } : null
  }
  page.onmouseup = () => {
    const selection = selected()
    if (selection) setStateValue("selection", selection)
  }
  const words = () => {  // [node, start, end] of every word of the document's text
    const every = []
    const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const node = walker.currentNode
      if (node.parentElement.dataset.label) continue
      for (const word of node.data.matchAll(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu))
        every.push([node, word.index, word.index + word[0].length])
    }
    return every
  }
  const place = ([node, start, end]) => {
    const range = document.createRange()
    range.setStart(node, start)
    range.setEnd(node, end)
    return range.getBoundingClientRect()
  }
  const choose = event => {  // arrows move a selection from word to word; with Shift they stretch it
    const all = words()
    if (!all.length) return
    const current = page.querySelector("mark.current")
    if (!page.chosen) {
      const at = current ? all.findIndex(([node]) => current.contains(node)) : -1
      page.chosen = { anchor: at, head: at }
    }
    let head = page.chosen.head
    if (event.key === "ArrowRight") head += 1
    if (event.key === "ArrowLeft") head -= 1
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1
      const from = place(all[Math.max(head, 0)])
      let next = head
      do next += step
      while (all[next] && (step > 0 ? place(all[next]).top < from.bottom : place(all[next]).bottom > from.top))
      const line = all[next] ? place(all[next]).top : 0
      let best = next
      while (all[next] && Math.abs(place(all[next]).top - line) < 4) {
        if (Math.abs(place(all[next]).left - from.left) < Math.abs(place(all[best]).left - from.left)) best = next
        next += step
      }
      head = best
    }
    head = Math.min(Math.max(head, 0), all.length - 1)
    page.chosen = { anchor: event.shiftKey && page.chosen.anchor >= 0 ? page.chosen.anchor : head, head }
    const first = all[Math.min(page.chosen.anchor, head)], last = all[Math.max(page.chosen.anchor, head)]
    window.getSelection().setBaseAndExtent(first[0], first[1], last[0], last[2])
    const box = place(all[head]), frame = page.getBoundingClientRect()
    if (box.top < frame.top || box.bottom > frame.bottom) page.scrollTop += box.top - frame.top - page.clientHeight / 3
  }
  const onKey = event => {
    const target = event.composedPath()[0]
    const isTyping = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    if (data.selectable && event.key.startsWith("Arrow") && (target === page || page.contains(target))) {
      event.preventDefault()
      event.stopImmediatePropagation()
      choose(event)
      return
    }
    const field = data.fields[event.key] && document.querySelector(`.st-key-${data.fields[event.key]} input`)
    if (field) {
      event.preventDefault()
      event.stopImmediatePropagation()
      field.focus()
      return
    }
    if (!data.keys.includes(event.key)) return
    if (event.key === "Enter" && target.closest?.("button, a, summary, [role=button]")) return  // it presses that one
    event.preventDefault()
    event.stopImmediatePropagation()  // "r" would run the page again, "c" clear caches
    if (event.key === "+") {
      const selection = selected()
      if (selection) setTriggerValue("added", selection)
      return
    }
    setTriggerValue("pressed", { key: event.key, page: data.page, current: data.current })
  }
  window.addEventListener("keydown", onKey, true)
  if (page.forgetKeys) page.forgetKeys()
  page.forgetKeys = () => window.removeEventListener("keydown", onKey, true)
  return () => page.forgetKeys()
}
"""

# not isolated: some browsers cannot read a selection inside a shadow tree
_MOUNT = st.components.v2.component("garrison_page_text", css=_CSS, js=_JS, isolate_styles=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of plain text or, if it has an `id`, a span with `label`, `color`, `state` and a `hint` shown on hover."""

    text: str
    id: str = ""
    label: str = ""
    color: str = ""
    state: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PageEvent:
    """What a person did: clicked the span `picked`, `pressed` a key, or selected characters `selection` of this page.

    `added` holds the characters of this page that were selected when "+" was pressed.
    """

    picked: str = ""
    pressed: str = ""
    selection: tuple[int, int] | None = None
    added: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """How a page is shown: its `number` (a selection made on another page is dropped), the framed span and the keys.

    `told` is what a screen reader says about the current span; `fields` maps a key to the Streamlit key of the element
    whose text field it moves the focus to.
    """

    number: int = 1
    label: str = "Text of the page"
    current: str = ""
    keys: Sequence[str] = field(default_factory=tuple)
    is_selectable: bool = False
    told: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def page_words(page: Page) -> str:
    """Return the page's label, with a warning if it was read by OCR; "" if the text has no pages."""
    return " · ".join(filter(None, [page.label, "read by text recognition from a picture: check it" if page.is_ocr else ""]))


def entity_words(entity: str) -> str:
    """Return a type in plain words: `PHONE_NUMBER` -> `phone number`."""
    return TYPE_OF[entity].words if entity in TYPE_OF else entity.replace("_", " ").lower()


def entity_color(entity: str) -> str:
    """Return the color for a type of personal data; related types share one."""
    return TYPE_OF[entity].color if entity in TYPE_OF else "orange"


def cut_page(text: str, spans: Iterable[Span], *, start: int, end: int, is_anonymized: bool = False) -> list[Piece]:
    """Cut characters `start` to `end` of `text` into pieces; with `is_anonymized`, masked spans show what replaces them.

    Where spans overlap, the first one is shown.
    """
    pieces = []
    at = start
    near = (span for span in spans if span.start < end and span.end > start)
    for span in sorted(near, key=lambda span: (span.start, -span.end)):
        if span.end <= at or span.start >= end or span.start < at and span.start >= start:
            continue
        first, last = max(span.start, at), min(span.end, end)
        if first > at:
            pieces.append(Piece(text[at:first]))
        if is_anonymized and not is_masked(span):
            pieces.append(Piece(text[first:last]))
        else:
            word = entity_words(span.entity)
            shown = (span.surrogate or f"[{word}]") if is_anonymized else text[first:last]
            hint = f"{word}: {'stays as it is' if not is_masked(span) else 'becomes ' + (span.surrogate or f'[{word}]')}"
            pieces.append(Piece(shown, span.id, word, entity_color(span.entity), span.state, hint))
        at = last
    return [*pieces, Piece(text[at:end])] if at < end else pieces


def show_page(pieces: Sequence[Piece], view: PageView, *, key: str) -> PageEvent:
    """Show a page; return what the person did since the last run."""
    data: dict[str, Any] = {
        "pieces": [_as_data(piece) for piece in pieces],
        "page": view.number,
        "label": view.label,
        "current": view.current,
        "keys": list(view.keys),
        "selectable": view.is_selectable,
        "told": view.told,
        "fields": dict(view.fields),
    }
    result = _MOUNT(
        data=data,
        key=key,
        on_picked_change=_ignore,
        on_pressed_change=_ignore,
        on_selection_change=_ignore,
        on_added_change=_ignore,
    )
    return PageEvent(
        picked=result.get("picked") or "",
        pressed=_pressed(result.get("pressed"), view),
        selection=_characters(result.get("selection"), view.number),
        added=_characters(result.get("added"), view.number),
    )


def _pressed(given: Any, view: PageView) -> str:
    """Return the pressed key if the span it acts on was on screen: nobody decides on what they did not see.

    Keys in `ANYWHERE` always count; any other key is "".
    """
    pressed = given or {}
    key = str(pressed.get("key", ""))
    is_seen = (pressed.get("page"), pressed.get("current")) == (view.number, view.current)
    return key if is_seen or key in ANYWHERE else ""


def _characters(given: Any, number: int) -> tuple[int, int] | None:
    """Return the bounds the browser sent; None if they belong to another page than the one shown."""
    chosen = given or {}
    return (int(chosen["start"]), int(chosen["end"])) if chosen.get("page") == number else None


def _as_data(piece: Piece) -> dict[str, str]:
    if not piece.id:
        return {"text": piece.text}
    return {
        "text": piece.text,
        "id": piece.id,
        "label": piece.label,
        "color": piece.color,
        "state": piece.state,
        "hint": piece.hint,
    }


def _ignore() -> None:
    """Ignore the change: Streamlit returns a value only if a callback is named."""
