"""Copies: the answer only repeats the question."""

from core.questions.filters.filter import Case, DropReason, Filter, each
from core.questions.filters.words import is_cloze, normalized
from core.settings import FilterSettings

_NAMING = frozenset({"yes", "no", "reverse"})  # wordings whose question names what the answer says


def _is_copy(case: Case, settings: FilterSettings) -> bool:
    """Return whether the answer is the question, or as many of its words as the settings say stand in the question.

    Where the question is a sentence with a gap, to be answered by yes or no, offers a choice ("open or closed?") or gives
    the meaning of the term that is asked for, the answer repeats words on purpose.
    """
    question, answer = normalized(case.pair.input).split(), normalized(case.pair.output).split()
    if not answer or question == answer:
        return bool(answer)
    if case.pair.wording in _NAMING or is_cloze(case.pair) or "or" in question:
        return False
    known = set(question)
    return sum(word in known for word in answer) >= settings.max_copied * len(answer)


COPY = Filter(
    DropReason("copy of the question", "The answer only repeats the question.", title="Answer copies the question"),
    each(_is_copy),
    thresholds=("max_copied",),
)
