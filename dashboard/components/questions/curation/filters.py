"""Search and filters above the list, each with the number of pairs that it would leave."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.questions import WRITERS, drop_reason
from core.questions.kinds import KINDS, WORDINGS
from core.storage.pairs.pages import PairCounts, PairFilter

SEARCH, STATE, DOCUMENT = "filter-words", "filter-state", "filter-document_id"
LIST = "curation-list"  # key of search and filters, above the list
PASSAGE = "filter-passage_id"  # no field of its own: a passage is opened from the map or from one of its pairs
ORIGINS = {
    "generated": "Written by a model",
    "written": "Written by a person",
    "feedback": "Made from feedback",
    "imported": "Brought in",
}
_OPEN = "\0"  # the choice that leaves a field open; a word of its own, since "" means that a pair has no kind
_MORE: tuple[tuple[str, str, str], ...] = (
    ("reason", "Dropped because", "Any reason"),
    ("document_id", "Document", "Every document"),
    ("kind", "What is asked for", "Anything"),
    ("wording", "How it is asked", "In any way"),
    ("writer", "Written in which way", "Any way"),
    ("origin", "Where it comes from", "Anywhere"),
    ("is_decided", "Decided by a person", "Either"),
    ("is_edited", "Edited by a person", "Either"),
)


def chosen_filter() -> PairFilter:
    """Return what search and filters are set to, also before they are drawn."""
    given = {name: st.session_state.get(f"filter-{name}", _OPEN) for name, _, _ in _MORE}
    values: dict[str, Any] = {name: None if value == _OPEN else value for name, value in given.items()}
    return PairFilter(
        words=st.session_state.get(SEARCH) or "",
        state=st.session_state.get(STATE) or None,
        passage_id=st.session_state.get(PASSAGE),
        **values,
    )


def keep_chosen(chosen: PairFilter) -> None:
    """Set the fields as they were: Streamlit forgets them while another page, or a job, is shown in their place."""
    st.session_state.setdefault(SEARCH, chosen.words)
    st.session_state.setdefault(STATE, chosen.state or "")
    for name, _, _ in _MORE:
        value = getattr(chosen, name)
        st.session_state.setdefault(f"filter-{name}", _OPEN if value is None else value)


def choose_passage(passage_id: str, document_id: str) -> None:
    """Leave every field open but the passage and its document."""
    clear_filters()
    st.session_state[PASSAGE], st.session_state[DOCUMENT] = passage_id, document_id


def is_whole_passage(chosen: PairFilter) -> bool:
    """Tell whether nothing but a passage is chosen: then the card of the passage says what there is."""
    return chosen.passage_id is not None and chosen == PairFilter(
        passage_id=chosen.passage_id, document_id=chosen.document_id
    )


def choose_reason(reason: str) -> None:
    """Leave every field open but the reason for which pairs were dropped."""
    clear_filters()
    st.session_state[STATE], st.session_state["filter-reason"] = "dropped", reason


def show_filters(chosen: PairFilter, counts: PairCounts, names: Mapping[str, str]) -> None:
    """Draw search and filters with their counts; `names` are those of the documents, by id."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Search",
            key=SEARCH,
            placeholder="Words of question or answer",
            icon=":material/search:",
            help='Finds pairs that have all of these words, or words that begin so. "In quotes" finds words side by side.',
            width=320,
        )
        _show_states(counts)
        narrowed = filter_words(chosen, names)
        with st.popover(f"More filters ({len(narrowed)})" if narrowed else "More filters", icon=":material/tune:"):
            columns = st.columns(2)
            for place, (name, title, everything) in enumerate(_MORE):
                with columns[place % 2]:
                    _show_choice(name, title, everything, counts, names)
        if chosen != PairFilter():
            st.button(
                "Show all", icon=":material/filter_alt_off:", on_click=clear_filters, type="tertiary", key="filter-clear"
            )
    if narrowed:
        st.caption(" · ".join(narrowed))


def clear_filters() -> None:
    """Leave every field open."""
    st.session_state[SEARCH], st.session_state[STATE] = "", ""
    for name, _, _ in _MORE:
        st.session_state[f"filter-{name}"] = _OPEN
    _forget_passage()


def _forget_passage() -> None:
    st.session_state.pop(PASSAGE, None)


def filter_words(chosen: PairFilter, names: Mapping[str, str]) -> list[str]:
    """Say what is chosen beside search and state, such as "Document: Manual.pdf"."""
    told = [
        f"{title}: {_words_for(name, names)(value)}"
        for name, title, _ in _MORE
        if (value := getattr(chosen, name)) is not None
    ]
    return [*told, "One passage"] if chosen.passage_id else told


def _show_states(counts: PairCounts) -> None:
    by_state = counts.by.get("state", {})
    words = {
        "": f"All {sum(by_state.values()):,}",
        "kept": f"Kept {by_state.get('kept', 0):,}",
        "dropped": f"Dropped {by_state.get('dropped', 0):,}",
    }
    st.segmented_control("Show", list(words), required=True, format_func=words.__getitem__, key=STATE)


def _show_choice(name: str, title: str, everything: str, counts: PairCounts, names: Mapping[str, str]) -> None:
    """Draw one filter; its choices are the values that would leave a pair, and the one that is chosen."""
    found: Mapping[Any, int] = counts.by.get(name, {})  # type: ignore[call-overload]
    key, told = f"filter-{name}", _words_for(name, names)
    chosen = st.session_state.get(key, _OPEN)
    values = [value for value in found if not (name == "reason" and value == "")]
    values += [] if chosen == _OPEN or chosen in values else [chosen]
    words = {value: f"{told(value)} ({found.get(value, 0):,})" for value in sorted(values, key=lambda value: told(value))}
    st.selectbox(
        title,
        [_OPEN, *words],
        format_func=lambda value: everything if value == _OPEN else words.get(value, told(value)),
        key=key,
        on_change=_forget_passage if key == DOCUMENT else None,
    )


def _words_for(name: str, names: Mapping[str, str]) -> Callable[[Any], str]:
    tables: dict[str, Callable[[Any], str]] = {
        "reason": lambda value: drop_reason(value).words,
        "document_id": lambda value: names.get(value, "A document that is gone"),
        "kind": lambda value: KINDS[value].words if value in KINDS else value or "Not known",
        "wording": lambda value: WORDINGS[value].words if value in WORDINGS else value or "Not known",
        "writer": lambda value: WRITERS[value].words if value in WRITERS else value or "Not by a model",
        "origin": lambda value: ORIGINS.get(value, value),
    }
    return tables.get(name, lambda value: "Yes" if value else "No")
