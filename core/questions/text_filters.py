"""Filters of texts written for continued training: their shape, what they copy, and personal data that is left over."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.questions.said_values import values_left_over
from core.questions.terms import stems

LEAST_WORDS = 20
LONGEST_TIMES = 12  # as many words as the passage, at most
SAME_LINES = 0.5  # share of lines that repeat another one
WORDS_IN_A_ROW = 8
COPIED = 0.6  # share of the text's runs of so many words that stand in the passage
OWN_SUBJECT = 0.2  # share of the passage's meaningful words that the text must hold at least


@dataclass(frozen=True, slots=True)
class TextReason:
    """Why a text is dropped: `name` is stored, `words` and `description` are shown to people."""

    name: str
    words: str
    description: str


SHAPE = TextReason("shape", "No proper text", "It is very short, far too long, or repeats itself.")
COPIED_TEXT = TextReason("copied", "Copied", "Most of it stands in the passage word for word.")
OFF_SUBJECT = TextReason("off subject", "About something else", "It hardly uses the words of the passage.")
PERSONAL = TextReason(
    "personal data", "Personal data left over", "It holds what looks like personal data and is not approved."
)
TEXT_REASONS = {reason.name: reason for reason in (SHAPE, COPIED_TEXT, OFF_SUBJECT, PERSONAL)}


def fault_of_text(text: str, passage: str, find_personal_data: Callable[[str], list[str]]) -> TextReason | None:
    """Return why a text about `passage` is dropped, or None if it is kept.

    Args:
        text: what the model wrote.
        passage: the approved text that it is about.
        find_personal_data: returns the values in a text that look like personal data.
    """
    if _is_misshapen(text, passage):
        return SHAPE
    if _is_copied(text, passage):
        return COPIED_TEXT
    known = {*stems(passage)}
    if len(known & {*stems(text)}) < OWN_SUBJECT * len(known):
        return OFF_SUBJECT
    if values_left_over(find_personal_data(text), passage):
        return PERSONAL
    return None


def _is_misshapen(text: str, passage: str) -> bool:
    words = _words(text)
    lines = [line.strip() for line in text.splitlines() if len(line.split()) > 2]
    repeated = len(lines) - len({*lines})
    return not LEAST_WORDS <= len(words) <= LONGEST_TIMES * max(LEAST_WORDS, len(_words(passage))) or (
        repeated > SAME_LINES * len(lines) or _is_stuck(words)
    )


def _is_stuck(words: list[str]) -> bool:
    """Return whether a few words come again and again, as when a small model cannot stop."""
    return len(words) > 60 and len({*words}) < 0.15 * len(words)


def _is_copied(text: str, passage: str) -> bool:
    runs, known = _runs(_words(text)), {*_runs(_words(passage))}
    return bool(runs) and sum(run in known for run in runs) > COPIED * len(runs)


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + WORDS_IN_A_ROW]) for at in range(len(words) - WORDS_IN_A_ROW + 1)]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
