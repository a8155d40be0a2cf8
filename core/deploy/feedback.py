"""What a program says of an answer: read from a request, checked, and handed to whoever keeps it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core.deploy.refusal import unusable
from core.records import LONGEST_SAID

PATH = "/v1/garrison/feedback"
FIELDS = ("question", "answer", "rating", "correction", "should_not_have_answered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of an answer: a rating, what it should have been, or that it should not have been one."""

    question: str
    answer: str
    rating: Literal["up", "down"] | None
    correction: str | None
    should_not_have_answered: bool


Keep = Callable[[Said], None]  # called in a thread of its own


def read_said(body: dict[str, Any]) -> Said:
    """Read what a program says of an answer.

    Raises:
        Refused: a field is missing, unknown or cannot be used, or nothing is said of the answer.
    """
    for name in body:
        if name not in FIELDS:
            raise unusable(f"There is no field {name[:40]!r}.", name[:40])
    rating, is_out = body.get("rating"), body.get("should_not_have_answered", False)
    if rating not in (None, "up", "down"):
        raise unusable('The rating is "up" or "down".', "rating")
    if not isinstance(is_out, bool):
        raise unusable("It is true or false.", "should_not_have_answered")
    said = Said(
        question=_text(body, "question"),
        answer=_text(body, "answer"),
        rating=rating,
        correction=_text(body, "correction", is_needed=False) or None,
        should_not_have_answered=is_out,
    )
    if said.rating is None and said.correction is None and not is_out:
        raise unusable("Nothing is said of the answer: give a rating, a correction or should_not_have_answered.", "rating")
    return said


def _text(body: dict[str, Any], name: str, *, is_needed: bool = True) -> str:
    value = body.get(name)
    text = value.strip() if isinstance(value, str) else ""
    is_fine = len(text) <= LONGEST_SAID and (bool(text) if is_needed else value is None or isinstance(value, str))
    if not is_fine:
        raise unusable(f"This is a text of 1 to {LONGEST_SAID:,} characters.", name)
    return text
