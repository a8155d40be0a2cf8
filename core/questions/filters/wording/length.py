"""Too short and too long: bounds on the characters of question and answer."""

from core.questions.filters.filter import Case, DropReason, Filter, each
from core.settings import FilterSettings


def _is_too_short(case: Case, settings: FilterSettings) -> bool:
    question, answer = case.pair.input.strip(), case.pair.output.strip()
    is_short = len(question) < settings.min_question_characters and not case.pair.history  # "Why?" asks on
    return is_short or len(answer) < settings.min_answer_characters


def _is_too_long(case: Case, settings: FilterSettings) -> bool:
    question, answer = case.pair.input.strip(), case.pair.output.strip()
    return len(question) > settings.max_question_characters or len(answer) > settings.max_answer_characters


TOO_SHORT = Filter(
    DropReason("too short", "The question or the answer has fewer characters than the settings ask for."),
    each(_is_too_short),
    thresholds=("min_question_characters", "min_answer_characters"),
)
TOO_LONG = Filter(
    DropReason("too long", "The question or the answer has more characters than the settings allow."),
    each(_is_too_long),
    thresholds=("max_question_characters", "max_answer_characters"),
)
