"""What keys, clicks and buttons of the curation do. They act before the page is drawn, so that one drawing shows it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from core.crash_reports import record_crash
from core.errors import GarrisonError
from core.services.questions import curation
from core.storage.pairs.pages import numbered_pair
from core.words import counted
from dashboard.components.questions.curation.row_list import Pressed
from dashboard.components.questions.curation.session import FILTERS_APPLIED, CurationSession, Mode, done_words


@contextmanager
def noted_errors(session: CurationSession) -> Iterator[None]:
    """Keep what goes wrong in the block for the next drawing: nothing can be drawn before it."""
    try:
        yield
    except GarrisonError as error:
        session.state.trouble = f"{error.message} {error.hint.words}".strip()
    except Exception as error:
        session.state.trouble = (
            "Something went wrong inside Garrison. Nothing stored is lost; try again. If it happens again, report this"
            f" reference number: {record_crash(error)}"
        )


def answer(session: CurationSession, pressed: Sequence[Pressed]) -> None:
    """Do what was pressed, in order; each key counts for the pair that was current in the browser."""
    for each in pressed:
        session.state.note = session.state.trouble = ""
        with noted_errors(session):
            _answer(session, each)


def _answer(session: CurationSession, pressed: Pressed) -> None:
    state = session.state
    if not pressed.on and session.open:  # it is open, but not on the page, such as one that was added
        pressed = replace(pressed, on=session.open.pair.id)
    if pressed.key == "Escape":
        state.mode, state.asked = "read", ""
    elif pressed.key in ("n", "p", "open"):
        _go(session, pressed)
    elif pressed.key in ("k", "d") and pressed.on:
        decide(session, pressed.on, is_kept=pressed.key == "k")
        _go(session, Pressed("n", pressed.on, pressed.then))
    elif pressed.key == "x" and pressed.on:
        state.current = pressed.on
        number = curation.remove_decisions(session.workspace, session.project.id, [pressed.on], by=session.person)
        state.say("Left to the filters again." if number else "Nobody had decided on this pair.")
    elif pressed.key == "e" and pressed.on:
        state.current = pressed.on
        state.turn_to("edit")
    elif pressed.key == "+":
        state.current = pressed.on or state.current
        state.turn_to("add")
    elif pressed.key == "u":
        undo(session)
    elif pressed.key == "?":
        state.has_keys = not state.has_keys


def _go(session: CurationSession, pressed: Pressed) -> None:
    """Go to the pair that the browser went to, or to the next page or the one before if it came to the end of this one."""
    rows = session.page.rows
    session.state.mode = "read"
    if pressed.then:
        session.state.current = pressed.then
    elif pressed.key == "n" and rows and rows[-1].pair.id == pressed.on:
        session.state.current = pressed.on
        session.next_page()
    elif pressed.key == "p" and rows and rows[0].pair.id == pressed.on:
        session.previous_page()
    elif rows and pressed.on not in {row.pair.id for row in rows}:
        session.state.current = rows[0].pair.id


def decide(session: CurationSession, pair_id: str, *, is_kept: bool) -> None:
    """Keep or drop one pair."""
    act = curation.keep if is_kept else curation.drop
    if act(session.workspace, session.project.id, [pair_id], by=session.person):
        session.state.say("Kept." if is_kept else "Dropped.")


def undo(session: CurationSession) -> None:
    """Undo the person's last act and open the pair that it was about."""
    undone = curation.undo(session.workspace, session.project.id, by=session.person)
    if undone is None:
        session.state.say("There is nothing to undo.")
        return
    session.state.say(f"Undone: {done_words(undone.action, undone.pairs)}.")
    session.state.has_moved = undone.pairs > 2 or undone.action == FILTERS_APPLIED
    if numbered_pair(session.workspace, session.project.id, undone.pair_id) and undone.pairs <= 2:
        session.state.current = undone.pair_id


def decide_all(session: CurationSession, what: str) -> None:
    """Keep or drop all pairs that match the filter, on every page, or leave them to the filters."""
    acts: dict[str, Callable[..., int]] = {
        "keep": curation.keep, "drop": curation.drop, "leave": curation.remove_decisions,
    }  # fmt: skip
    words = {"keep": "kept", "drop": "dropped", "leave": "left to the filters"}
    session.state.asked = ""
    with noted_errors(session):
        number = acts[what](session.workspace, session.project.id, session.state.chosen, by=session.person)
        session.state.start()
        session.state.has_moved = number > 0
        session.state.say(f"{counted(number, 'pair')} {words[what]}." if number else "Nothing changed: all were so already.")


def turn_to(session: CurationSession, mode: Mode) -> None:
    """Begin to edit, split, merge or add."""
    session.state.turn_to(mode)
