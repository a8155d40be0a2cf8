"""Every filter in the order in which it is asked, and every reason for which a pair can be dropped."""

from core.questions.filters.content.answerable import NOT_ANSWERABLE
from core.questions.filters.content.copies import COPY
from core.questions.filters.content.forbidden import FORBIDDEN_WORD, PROFANITY
from core.questions.filters.content.grounding import UNGROUNDED
from core.questions.filters.content.language import OTHER_LANGUAGE
from core.questions.filters.content.personal_data import PERSONAL_DATA
from core.questions.filters.filter import DropReason
from core.questions.filters.repeats.meaning import SAME_MEANING
from core.questions.filters.repeats.repeats import REPEATS
from core.questions.filters.wording.asking import NO_QUESTION
from core.questions.filters.wording.completeness import INCOMPLETE
from core.questions.filters.wording.length import TOO_LONG, TOO_SHORT
from core.questions.filters.wording.pointing import NEEDS_THE_PAGE
from core.questions.filters.wording.shape import BROKEN
from core.settings import FilterSettings
from core.words import check_choice

FILTERS = (
    BROKEN,
    INCOMPLETE,
    NEEDS_THE_PAGE,
    TOO_SHORT,
    TOO_LONG,
    NO_QUESTION,
    COPY,
    PROFANITY,
    FORBIDDEN_WORD,
    OTHER_LANGUAGE,
    PERSONAL_DATA,
    UNGROUNDED,
    NOT_ANSWERABLE,
    REPEATS,
    SAME_MEANING,
)
DUPLICATE = REPEATS.reason
LEFT_OVER = PERSONAL_DATA.reason
NOT_FOUND = UNGROUNDED.reason
BY_HAND = DropReason(
    "by hand",
    "Decided on the Questions page; no filter changes that.",
    title="Dropped by a person",
)
DROP_REASONS = {reason.name: reason for reason in (*(each.reason for each in FILTERS), BY_HAND)}


def drop_reason(name: str) -> DropReason:
    """Return the reason that is stored as `name`; one that an earlier version stored has no description."""
    return DROP_REASONS.get(name.replace("_", " ").replace("-", " "), DropReason(name, None))


def check_names(settings: FilterSettings) -> None:
    """Check that the filters that the settings switch on and off exist.

    Raises:
        InputError: one does not.
    """
    names = [each.reason.name for each in FILTERS]
    for name in (*settings.on, *settings.off):
        check_choice("filter", name, names)
