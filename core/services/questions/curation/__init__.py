"""Working on question pairs by hand: decide, edit, add, split, merge, and undo all of it.

Pages and commands call these functions and enforce nothing themselves. Each asks for permission once, does all or nothing,
and can be undone by whoever did it.
"""

from core.services.questions.curation.acting import LastAct, last_act, undo
from core.services.questions.curation.deciding import drop, keep, remove_decisions
from core.services.questions.curation.editing import Place, Wording, add, edit, merge, shown_for_edit, split

__all__ = [
    "LastAct",
    "Place",
    "Wording",
    "add",
    "drop",
    "edit",
    "keep",
    "last_act",
    "merge",
    "remove_decisions",
    "shown_for_edit",
    "split",
    "undo",
]
