"""No question: neither a question mark nor a request, a gap to fill or a statement to judge."""

from core.questions.filters.filter import Case, DropReason, Filter, each
from core.questions.filters.words import is_cloze, is_request
from core.settings import FilterSettings

_MARKS = ("?", "？", "؟", ";")  # the last one is Greek's
_CLOSERS = "\"'”’»)]*. "


def _asks_nothing(case: Case, _: FilterSettings) -> bool:
    question = case.pair.input.strip()
    if question.rstrip(_CLOSERS).endswith(_MARKS) or "?" in question:
        return False
    return not (case.pair.wording == "request" or is_cloze(case.pair) or is_request(question))


NO_QUESTION = Filter(
    DropReason("no question", "What should be the question asks for nothing.", title="Asks nothing"), each(_asks_nothing)
)
