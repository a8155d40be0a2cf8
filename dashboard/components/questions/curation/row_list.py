"""A list of question pairs or feedback, one row current, that is gone through by keyboard without waiting for the server.

The browser moves at once and sends what was pressed, with the pair that it was pressed on; whatever the server has not
answered yet is sent again, with the next key or after a while, so that no key is lost on a busy machine. Texts are set with
`textContent` alone, so that nothing in a document can become markup.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

_CSS = """
.garrison-rows { max-height: 44rem; overflow-y: auto; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); color: var(--st-text-color); }
.garrison-rows:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.garrison-rows .pair { display: grid; grid-template-columns: 1.6rem 1fr; gap: 0 0.35rem; padding: 0.5rem 0.75rem;
  border-bottom: 1px solid var(--st-border-color); cursor: pointer; border-left: 3px solid transparent; }
.garrison-rows .pair:last-child { border-bottom: 0; }
.garrison-rows:empty { display: none; }
.garrison-rows .pair:hover { border-left-color: var(--st-border-color); }
.garrison-rows .pair.current { background: var(--st-secondary-background-color);
  border-left-color: var(--st-primary-color); }
.garrison-rows .pair.same { padding-left: 2.6rem; }
.garrison-rows .sign { font-weight: 700; color: var(--st-green-text-color); }
.garrison-rows .dropped .sign { color: var(--st-red-text-color); }
.garrison-rows .question { font-weight: 600; overflow-wrap: anywhere; }
.garrison-rows .answer { overflow-wrap: anywhere; }
.garrison-rows .dropped .question, .garrison-rows .dropped .answer { opacity: 0.75; }
.garrison-rows .about { font-size: 0.8rem; opacity: 0.8; overflow-wrap: anywhere; margin-top: 0.15rem; }
@media (max-width: 640px) { .garrison-rows { max-height: 22rem; } }
.garrison-rows .clip { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
"""

_JS = r"""
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  let list = parentElement.querySelector(".garrison-rows")
  if (!list) {
    list = document.createElement("div")
    list.className = "garrison-rows"
    list.tabIndex = 0
    list.setAttribute("role", "listbox")
    list.setAttribute("aria-label", data.label)
    list.queue = []
    list.last = 0
    parentElement.appendChild(list)
  }
  list.queue = list.queue.filter(event => event.number > data.answered)
  const drawn = JSON.stringify(data.rows)
  if (list.dataset.drawn !== drawn) {
    const first = list.firstElementChild?.dataset.id
    list.dataset.drawn = drawn
    list.replaceChildren(...data.rows.map(row => {
      const pair = document.createElement("div")
      pair.className = `pair ${row.state} ${row.is_same_fact ? "same" : ""}`
      pair.dataset.id = row.id
      pair.id = `pair-row-${row.id}`
      pair.setAttribute("role", "option")
      const add = (name, text, parent) => {
        const part = document.createElement("div")
        part.className = name
        part.textContent = text
        parent.appendChild(part)
        return part
      }
      const sign = add("sign", row.sign, pair)
      sign.setAttribute("role", "img")
      sign.setAttribute("aria-label", row.state)
      const words = add("words", "", pair)
      add("question clip", row.question, words)
      add("answer clip", row.answer, words)
      add("about", row.about, words)
      return pair
    }))
    if (first !== list.firstElementChild?.dataset.id) list.scrollTop = 0
  }
  const mark = id => {
    list.here = id
    for (const pair of list.children) {
      const isCurrent = pair.dataset.id === id
      pair.classList.toggle("current", isCurrent)
      pair.setAttribute("aria-selected", String(isCurrent))
      if (isCurrent) {
        list.setAttribute("aria-activedescendant", pair.id)
        const top = pair.offsetTop - list.offsetTop
        if (top < list.scrollTop) list.scrollTop = top
        const below = top + pair.offsetHeight - list.clientHeight
        if (below > list.scrollTop) list.scrollTop = below
      }
    }
  }
  const current = () => list.querySelector(".pair.current")
  // while something is on its way, the browser knows better where the person is, also when the rows were drawn anew
  const isShown = id => Array.from(list.children).some(pair => pair.dataset.id === id)
  mark(list.queue.length && isShown(list.here) ? list.here : data.current)
  if (data.focus && list.focused !== data.focus_number) {
    list.focused = data.focus_number
    let tries = 0
    const reach = () => {
      const target = document.querySelector(`.st-key-${data.focus} textarea, .st-key-${data.focus} input`)
      if (target) { target.focus(); target.setSelectionRange?.(target.value.length, target.value.length) }
      else if (tries++ < 20) setTimeout(reach, 50)
    }
    reach()
  }
  // what is not answered is sent again, each time after twice as long, so that a slow answer is not disturbed
  const sendAgain = wait_ms => {
    clearTimeout(list.again)
    list.again = list.queue.length ? setTimeout(() => sendQueue(Math.min(2 * wait_ms, 30_000)), wait_ms) : 0
  }
  const sendQueue = wait_ms => {
    setTriggerValue("events", [...list.queue])
    sendAgain(wait_ms)
  }
  sendAgain(2_000)
  const send = (key, on, then) => {
    list.last = Math.max(list.last + 1, Date.now())
    list.queue.push({ number: list.last, key, on: on?.dataset.id ?? "", then: then?.dataset.id ?? "" })
    sendQueue(2_000)
  }
  const go = (key, on, then) => {
    if (then) mark(then.dataset.id)
    send(key, on, then)
  }
  list.onclick = event => {
    const pair = event.target.closest(".pair")
    if (pair && window.getSelection().isCollapsed) go("open", pair, pair)
  }
  const onKey = event => {
    const target = event.composedPath()[0]
    const isTyping = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)
    const isSearch = target.closest?.(`.st-key-${data.search}`)
    if (isSearch && ["Enter", "Escape"].includes(event.key)) setTimeout(() => target.blur(), 50)
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Escape" && data.is_open && !isSearch) {
      send("Escape", current(), current())
      return
    }
    if (isTyping || target.closest?.("[role=dialog]")) return
    if (event.key === "/") {
      event.preventDefault()
      event.stopImmediatePropagation()
      document.querySelector(`.st-key-${data.search} input`)?.focus()
      return
    }
    if (!data.keys.includes(event.key)) return
    if (event.key.startsWith("Arrow") && target !== list && target !== document.body) return
    event.preventDefault()
    event.stopImmediatePropagation()  // "r" would run the page again, "c" clear caches
    if (event.repeat && !event.key.startsWith("Arrow") && !"njp".includes(event.key)) return
    const on = current()
    if (["n", "j", "ArrowDown"].includes(event.key)) return go("n", on, on?.nextElementSibling)
    if (["p", "ArrowUp"].includes(event.key)) return go("p", on, on?.previousElementSibling)
    if (event.key === "k" || event.key === "d") return go(event.key, on, on?.nextElementSibling)
    send(event.key, on, on)
  }
  window.addEventListener("keydown", onKey, true)
  if (list.forgetKeys) list.forgetKeys()
  list.forgetKeys = () => window.removeEventListener("keydown", onKey, true)
  return () => {
    list.forgetKeys()
    clearTimeout(list.again)
  }
}
"""

_MOUNT = st.components.v2.component("garrison_pair_rows", css=_CSS, js=_JS, isolate_styles=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as the list shows it; `about` is a line below it. One that asks for the fact of the row before is indented."""

    id: str
    state: str
    sign: str  # one character that shows the state
    question: str
    answer: str
    about: str
    is_same_fact: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key that was pressed ("open" for a click) on the row `on`, and the row that is current after it, if any; by id."""

    key: str
    on: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """How the list is shown: its name, the current row, the keys it listens for, and where the focus goes.

    `is_open` says that Escape leaves something, also while somebody types. `focus` is the Streamlit key of the field that
    gets the focus, once for each `focus_number`; `search` that of the field for "/".
    """

    label: str
    current: str
    keys: Sequence[str]
    search: str
    is_open: bool = False
    focus: str = ""
    focus_number: int = 0


def show_rows(rows: Sequence[Row], view: ListView, *, key: str, answer: Callable[[Sequence[Pressed]], None]) -> None:
    """Show the list; `answer` is called with what was pressed since, in order, before the page is drawn again."""
    last_answered = f"{key}-answered"  # number of the last event that was answered, in session_state

    def on_events() -> None:
        given: Mapping[str, Any] = st.session_state[key]
        answered = int(st.session_state.get(last_answered, 0))
        fresh = [event for event in given.get("events") or () if int(event["number"]) > answered]
        if fresh:
            st.session_state[last_answered] = max(int(event["number"]) for event in fresh)
            answer([Pressed(str(event["key"]), str(event["on"]), str(event["then"])) for event in fresh])

    data = {
        "rows": [asdict(row) for row in rows],
        "label": view.label,
        "current": view.current,
        "keys": list(view.keys),
        "search": view.search,
        "is_open": view.is_open,
        "focus": view.focus,
        "focus_number": view.focus_number,
        "answered": int(st.session_state.get(last_answered, 0)),
    }
    _MOUNT(data=data, key=key, on_events_change=on_events)
