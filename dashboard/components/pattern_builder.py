"""The pattern builder: a pattern put together from parts, showing as it grows what it matches in the project's text."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import GarrisonError
from core.privacy import Lists
from core.privacy.entities import COMMON
from core.privacy.lists.patterns import MAX_COUNT, MAX_PARTS, PART_WORDS, Part, definition_of, of_parts
from core.records import CustomPattern, Person, new_id, now
from core.services.lists import changes as list_changes
from core.services.lists.places import places
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import show_error
from dashboard.components.review.page_text import entity_words

_STATE = "rule-parts"
_FIRST = [Part(kind="letters", least=2, most=2), Part(kind="text", text="-"), Part(kind="digits", least=5, most=5)]
_SHOWN = 10  # matches


def build_pattern(
    workspace: Workspace, owner: str, *, searched: str, person: Person | None, done: Callable[[str], None]
) -> None:
    """Show the builder, and add the pattern on request.

    Args:
        workspace: the workspace.
        owner: the project that gets the new pattern; "" for all projects.
        searched: the project whose text it is tried on.
        person: who adds it; None disables adding.
        done: called with a sentence on what was added.
    """
    parts = _choose_parts()
    fits, fits_not = _choose_examples()
    definition = definition_of(parts, fits=fits, fits_not=fits_not)
    name = st.text_input("Name of the pattern", max_chars=80, key="rule-name", placeholder="Badge number")
    entity = st.selectbox("Type", COMMON, index=COMMON.index("ID_NUMBER"), format_func=entity_words, key="rule-entity")
    pattern = CustomPattern(
        id=new_id("pattern"), project_id=owner, name=name.strip() or "trial", definition=definition, entity=entity,
        added_by=person.name if person else "", created_at=now(),
    )  # fmt: skip
    try:
        st.markdown("In words:")
        st.code(of_parts(parts).words, language=None, wrap_lines=True)
        _show_places(workspace, searched, pattern)
        effect = list_changes.preview(workspace, owner, patterns=[pattern])
        if effect.places:
            st.caption(effect.words)
    except GarrisonError as error:
        show_error(error)
        return
    missing = "Write your name above first." if person is None else "" if name.strip() else "Give the pattern a name first."
    if st.button("Add the pattern", icon=":material/add:", disabled=bool(missing), help=missing or None, key="rule-add"):
        try:
            effect = list_changes.add(workspace, owner, patterns=[pattern], actor=person) if person else effect
        except GarrisonError as error:
            show_error(error)
            return
        done(f"The pattern is added. {effect.words}")


def _choose_parts() -> list[Part]:
    """Draw a row for each part; parts are kept in the session, each under a number that stays with its row."""
    rows: dict[int, Part] = st.session_state.setdefault(_STATE, dict(enumerate(_FIRST)))
    chosen = []
    for number, part in list(rows.items()):
        with st.container(border=True, horizontal=True, vertical_alignment="bottom", key=f"rule-row-{number}"):
            chosen.append(_choose_part(number, part))
            if st.button("Take out", key=f"rule-out-{number}", icon=":material/close:", disabled=len(rows) == 1):
                del rows[number]
                st.rerun()
    if st.button("Add a part", icon=":material/add:", key="rule-more", disabled=len(rows) >= MAX_PARTS):
        rows[max(rows, default=0) + 1] = Part(kind="digits")
        st.rerun()
    return chosen


def _choose_part(number: int, part: Part) -> Part:
    kinds = list(PART_WORDS)
    kind: Any = st.selectbox(
        "Part",
        kinds,
        index=kinds.index(part.kind),
        format_func=lambda key: PART_WORDS[key],
        key=f"rule-kind-{number}",
        width=220,
    )
    text, least, most = "", 1, 1
    if kind == "text":
        text = st.text_input("Text", value=part.text, max_chars=MAX_COUNT, key=f"rule-text-{number}", width=160)
    elif kind != "separator":
        least = int(st.number_input("From", 1, MAX_COUNT, value=part.least, key=f"rule-least-{number}", width=130))
        most = int(st.number_input("To", 1, MAX_COUNT, value=part.most, key=f"rule-most-{number}", width=130))
    is_optional = st.checkbox("May be missing", value=part.is_optional, key=f"rule-optional-{number}")
    return Part(kind=kind, least=least, most=most, text=text, is_optional=is_optional)


def _choose_examples() -> tuple[list[str], list[str]]:
    left, right = st.columns(2)
    fits = left.text_area("Must fit, one a line", key="rule-fits", height=90, placeholder="AB-12345")
    fits_not = right.text_area("Must not fit, one a line", key="rule-fits-not", height=90, placeholder="AB-1234")
    return [line.strip() for line in fits.splitlines() if line.strip()], [
        line.strip() for line in fits_not.splitlines() if line.strip()
    ]


def _show_places(workspace: Workspace, project_id: str, pattern: CustomPattern) -> None:
    """Show what the pattern matches now, as plain text, never as markup."""
    shown = places(workspace, project_id, Lists(patterns=[pattern]), most=_SHOWN)
    if not shown:
        st.caption("It fits nothing in this project's documents yet.")
        return
    st.caption(f"The first {counted(len(shown), 'place')} in this project:")
    st.code("\n".join(f"{place.before}⟦{place.text}⟧{place.after}" for place in shown), language=None, wrap_lines=False)
