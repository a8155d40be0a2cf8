"""Another language: the question and its answer are not in the language of their document."""

import re
from functools import lru_cache
from typing import Any

from core.questions.filters.filter import Case, DropReason, Filter, each
from core.settings import FilterSettings

SHORTEST, SHORTEST_PHRASE = 15, 40  # letters: fewer tell nothing; "A route reconnaissance" might be French
_LETTERS = re.compile(r"[^\W\d_]+")


def language_fit(text: str, language: str, *, shortest: int = SHORTEST) -> float | None:
    """Return how likely the text is in the language with this ISO 639-1 code, 0 to 1; None if it is too short to tell.

    Words in capitals are left out: abbreviations are in no language.
    """
    words = [word for word in _LETTERS.findall(text) if not (len(word) > 1 and word.isupper())]
    if sum(map(len, words)) < shortest:
        return None
    return float(dict(_identifier().rank(" ".join(words))).get(language, 0.0))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """Load py3langid's model, which lies in its package (1 s)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _is_foreign(case: Case, settings: FilterSettings) -> bool:
    fit = case.measures.language_fit
    return fit is not None and fit < settings.min_language_fit


OTHER_LANGUAGE = Filter(
    DropReason("another language", "The question or the answer is not in the language of the document."),
    each(_is_foreign),
    thresholds=("min_language_fit",),
)
