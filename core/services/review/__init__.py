"""The rules of review: every decision names a person, and what is approved is exactly the text that was reviewed.

Pages and commands call these functions and enforce nothing themselves. Each is short, and does all or nothing.
"""

from core.services.review.approval import approve, approve_all, propose, return_, unread_in, withdraw
from core.services.review.decisions import Decision, Effect, accept, decide_undecided, effect_of, effect_on, reject, undo
from core.services.review.edits import Edge, add, add_all, change_borders, change_type, moved_borders
from core.services.review.figures import (
    approval_words,
    bound_of,
    risk_of,
    risk_words,
    sample_words,
    second_words,
    unread_risk,
    unread_sentence,
    upper_bound,
)
from core.services.review.policy import needs_two, people_known, set_sample_size, set_two_person
from core.services.review.risk import QueueEntry, by_risk, queue, span_risks
from core.services.review.sampling import Sample, answer, clean_ids, draw, sample_of
from core.services.review.states import (
    OpenPoint,
    PointKind,
    Remedy,
    State,
    last_return,
    open_points,
    point_words,
    reason_against,
    states_of,
)
from core.services.review.unread import is_all_read, unread_of, unread_phrase, unread_words

__all__ = [
    "Decision",
    "Edge",
    "Effect",
    "OpenPoint",
    "PointKind",
    "QueueEntry",
    "Remedy",
    "Sample",
    "State",
    "accept",
    "add",
    "add_all",
    "answer",
    "approval_words",
    "approve",
    "approve_all",
    "bound_of",
    "by_risk",
    "change_borders",
    "change_type",
    "clean_ids",
    "decide_undecided",
    "draw",
    "effect_of",
    "effect_on",
    "is_all_read",
    "last_return",
    "span_risks",
    "needs_two",
    "open_points",
    "people_known",
    "point_words",
    "propose",
    "queue",
    "reason_against",
    "reject",
    "return_",
    "risk_of",
    "risk_words",
    "sample_of",
    "sample_words",
    "second_words",
    "set_sample_size",
    "set_two_person",
    "states_of",
    "moved_borders",
    "undo",
    "unread_in",
    "unread_of",
    "unread_phrase",
    "unread_risk",
    "unread_sentence",
    "unread_words",
    "upper_bound",
    "withdraw",
]
