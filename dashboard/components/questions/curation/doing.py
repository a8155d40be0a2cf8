"""What keys, clicks and buttons of the desk do. They act before the page is drawn again, so that one drawing shows it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from core.crash_reports import record_crash
from core.errors import GarrisonError
from core.services.questions import curation
from core.storage.pairs.pages import numbered_pair
from core.words import counted
from dashboard.components.questions.curation.desk import Desk, Mode, done_words
from dashboard.components.questions.curation.row_list import Pressed


@contextmanager
def noted_errors(desk: Desk) -> Iterator[None]:
    """Keep what goes wrong in the block for the next drawing: nothing can be drawn before it."""
    try:
        yield
    except GarrisonError as error:
        desk.state.trouble = f"{error.message} {error.hint.words}".strip()
    except Exception as error:
        desk.state.trouble = (
            "Something went wrong inside Garrison. Nothing stored is lost; try again. If it happens again, report this"
            f" reference number: {record_crash(error)}"
        )


def answer(desk: Desk, pressed: Sequence[Pressed]) -> None:
    """Do what was pressed, in order; each key counts for the pair that was current in the browser."""
    for each in pressed:
        desk.state.note = desk.state.trouble = ""
        with noted_errors(desk):
            _answer(desk, each)


def _answer(desk: Desk, pressed: Pressed) -> None:
    state = desk.state
    if pressed.key == "Escape":
        state.mode, state.asked = "read", ""
    elif pressed.key in ("n", "p", "open"):
        _go(desk, pressed)
    elif pressed.key in ("k", "d") and pressed.on:
        decide(desk, pressed.on, is_kept=pressed.key == "k")
        _go(desk, Pressed("n", pressed.on, pressed.then))
    elif pressed.key == "x" and pressed.on:
        state.current = pressed.on
        number = curation.remove_decisions(desk.workspace, desk.project.id, [pressed.on], by=desk.person)
        state.say("Left to the filters again." if number else "Nobody had decided on this pair.")
    elif pressed.key == "e" and pressed.on:
        state.current = pressed.on
        state.turn_to("edit")
    elif pressed.key == "+":
        state.current = pressed.on or state.current
        state.turn_to("add")
    elif pressed.key == "u":
        undo(desk)
    elif pressed.key == "?":
        state.has_keys = not state.has_keys


def _go(desk: Desk, pressed: Pressed) -> None:
    """Go to the pair that the browser went to, or to the next page or the one before if it came to the end of this one."""
    rows = desk.page.rows
    desk.state.mode = "read"
    if pressed.then:
        desk.state.current = pressed.then
    elif pressed.key == "n" and rows and rows[-1].pair.id == pressed.on:
        desk.state.current = pressed.on
        desk.next_page()
    elif pressed.key == "p" and rows and rows[0].pair.id == pressed.on:
        desk.previous_page()


def decide(desk: Desk, pair_id: str, *, is_kept: bool) -> None:
    """Keep or drop one pair."""
    act = curation.keep if is_kept else curation.drop
    if act(desk.workspace, desk.project.id, [pair_id], by=desk.person):
        desk.state.say("Kept." if is_kept else "Dropped.")


def undo(desk: Desk) -> None:
    """Undo the person's last act and open the pair that it was about."""
    undone = curation.undo(desk.workspace, desk.project.id, by=desk.person)
    if undone is None:
        desk.state.say("There is nothing to undo.")
        return
    desk.state.say(f"Undone: {done_words(undone.action, undone.pairs)}.")
    desk.state.has_moved = undone.pairs > 2
    if numbered_pair(desk.workspace, desk.project.id, undone.pair_id) and undone.pairs <= 2:
        desk.state.current = undone.pair_id


def decide_all(desk: Desk, what: str) -> None:
    """Keep or drop all pairs that match the filter, on every page, or leave them to the filters."""
    acts: dict[str, Callable[..., int]] = {
        "keep": curation.keep, "drop": curation.drop, "leave": curation.remove_decisions,
    }  # fmt: skip
    words = {"keep": "kept", "drop": "dropped", "leave": "left to the filters"}
    desk.state.asked = ""
    with noted_errors(desk):
        number = acts[what](desk.workspace, desk.project.id, desk.state.chosen, by=desk.person)
        desk.state.start()
        desk.state.has_moved = number > 0
        desk.state.say(f"{counted(number, 'pair')} {words[what]}." if number else "Nothing changed: all were so already.")


def turn_to(desk: Desk, mode: Mode) -> None:
    """Begin to edit, split, merge or add."""
    desk.state.turn_to(mode)
