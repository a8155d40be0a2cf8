"""Words that no pair may hold: swear words, and the site's own list."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from core.questions.filters.filter import Case, DropReason, Filter, Rule, each
from core.questions.filters.words import normalized
from core.settings import FilterSettings


def _is_profane(case: Case, _: FilterSettings) -> bool:
    swear_words = _swear_words()
    return any(not swear_words.isdisjoint(normalized(text).split()) for text in (case.pair.input, case.pair.output))


@cache
def _swear_words() -> frozenset[str]:
    """Return better-profanity's word list without words that have an ordinary technical, medical or legal use or are names.

    The list contains "flange", "slope", "seaman" and "strip". The package's own function also detects disguised
    spellings, but takes 37 ms per pair.
    """
    from better_profanity import Profanity  # type: ignore[import-untyped]

    plain = files("core.questions").joinpath("professional_words.txt").read_text(encoding="utf-8").split()
    return frozenset(str(word).casefold() for word in Profanity().CENSOR_WORDSET) - frozenset(plain)


def _by_own_list(settings: FilterSettings, cases: Iterable[Case]) -> Rule:
    """Look for whole words and phrases, in any case and with any punctuation between."""
    phrases = [f" {normal} " for word in settings.forbidden_words if (normal := normalized(word))]

    def holds(case: Case, _: FilterSettings) -> bool:
        texts = [f" {normalized(text)} " for text in (case.pair.input, case.pair.output)] if phrases else []
        return any(phrase in text for phrase in phrases for text in texts)

    return each(holds)(settings, cases)


PROFANITY = Filter(
    DropReason("profanity", "The question or the answer contains a swear word.", title="Rude words"), each(_is_profane)
)
FORBIDDEN_WORD = Filter(
    DropReason("forbidden word", "The question or the answer holds a word of your own list.", title="Word on your own list"),
    _by_own_list,
    thresholds=("forbidden_words",),
)
