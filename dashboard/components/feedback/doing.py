"""What keys and buttons of the page Feedback do. They act before the page is drawn, so that one drawing shows it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from core.crash_reports import record_crash
from core.errors import GarrisonError
from core.questions import drop_reason
from core.services.feedback import using
from core.services.feedback.using import Use
from core.storage.feedback import feedback_item
from dashboard.components.feedback.session import InboxSession
from dashboard.components.questions.curation.checking import detector_for
from dashboard.components.questions.curation.row_list import Pressed

KEY_WORDS = {
    "n j ↓": "next",
    "p ↑": "the one before",
    "e": "write the answer",
    "s": "set aside",
    "u": "undo what you did last",
    "?": "show or hide these keys",
}
KEYS = ("n", "j", "p", "e", "s", "u", "?", "ArrowDown", "ArrowUp")


@contextmanager
def noted_errors(session: InboxSession) -> Iterator[None]:
    """Keep what goes wrong in the block for the next drawing: nothing can be drawn before it."""
    try:
        yield
    except GarrisonError as error:
        session.state.say(trouble=f"{error.message} {error.hint.words}".strip())
    except Exception as error:
        session.state.say(
            trouble="Something went wrong inside Garrison. Nothing stored is lost; try again. If it happens again, report"
            f" this reference number: {record_crash(error)}"
        )


def answer(session: InboxSession, pressed: Sequence[Pressed]) -> None:
    """Do what was pressed, in order; each key counts for the row that was current in the browser."""
    for each in pressed:
        session.state.say()
        with noted_errors(session):
            _answer(session, each)


def _answer(session: InboxSession, pressed: Pressed) -> None:
    state = session.state
    if pressed.key in ("n", "p", "open"):
        state.current = pressed.then or pressed.on
    elif pressed.key == "e":
        state.current, state.turn = pressed.on, state.turn + 1
    elif pressed.key == "s" and pressed.on:
        set_aside(session, pressed.on)
    elif pressed.key == "u":
        undo(session)
    elif pressed.key == "?":
        state.has_keys = not state.has_keys


def set_aside(session: InboxSession, feedback_id: str) -> None:
    """Decide that nothing is made of feedback."""
    with noted_errors(session):
        using.set_aside(session.workspace, feedback_id, by=session.person)
        _go_on(session, feedback_id)
        session.state.say("Set aside.")


def undo(session: InboxSession, feedback_id: str = "") -> None:
    """Take back what was made of feedback, by default what was done last, and open it."""
    state = session.state
    with noted_errors(session):
        feedback_id = feedback_id or state.last
        item = feedback_item(session.workspace, session.project.id, feedback_id) if feedback_id else None
        is_undone = item is not None and using.undo(session.workspace, feedback_id, by=session.person)
        state.last = ""
        state.current = feedback_id if is_undone else state.current
        state.say("Undone: it is open again." if is_undone else "There is nothing to undo.")


def make_pair(session: InboxSession, feedback_id: str, use: Use) -> None:
    """Make a question pair of feedback, and say what became of it."""
    with noted_errors(session):
        detector = detector_for(session.workspace, session.project)
        made = using.make_pair(session.workspace, feedback_id, use, detector=detector, by=session.person)
        session.state.last = session.state.current = feedback_id
        if made.state == "kept":
            session.state.say("The question pair is made and kept.")
        else:
            why = drop_reason(made.reason).description or drop_reason(made.reason).words
            session.state.say(trouble=f"The question pair is made, but not kept. {why} Open it and mend it, or undo.")


def make_preference(session: InboxSession, feedback_id: str, use: Use) -> None:
    """Make a preference of feedback."""
    with noted_errors(session):
        detector = detector_for(session.workspace, session.project)
        using.make_preference(session.workspace, feedback_id, use, detector=detector, by=session.person)
        session.state.last = session.state.current = feedback_id
        session.state.say("The preference is made.")


def _go_on(session: InboxSession, feedback_id: str) -> None:
    """Open the item after this one, else the one before."""
    ids = [row.feedback.id for row in session.rows]
    place = ids.index(feedback_id) if feedback_id in ids else -1
    near = [*ids[place + 1 :], *reversed(ids[: max(place, 0)])]
    session.state.current = near[0] if near else ""
    session.state.last = feedback_id
