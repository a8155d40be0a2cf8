"""Another language: the question and its answer are not in the language of their document."""

import io
import lzma
import re
from array import array
from functools import lru_cache
from pathlib import Path
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
    """Load py3langid's model, which lies in its package (1 s, 40 MB in memory).

    The package itself would unpack the model in the folder for temporary files, which on a closed network may be a few
    megabytes in size.
    """
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    with lzma.open(Path(MODEL_DIR) / MODEL_FILE) as file:
        data = np.load(io.BytesIO(file.read()), allow_pickle=False)
    following, rows = (_array(data[name]) for name in ("nextmove", "nextmove_row"))
    output, classes = data["out_feat"].tolist(), data["classes"].tolist()
    return LanguageIdentifier(data["ptc"], data["pc"], classes, following, output, norm_probs=True, tk_row=rows)


def _array(values: Any) -> "array[int]":
    """Return unsigned integers of numpy as an array of the standard library, which is read faster one by one."""
    found: array[int] = array({2: "H", 4: "I", 8: "L"}[values.dtype.itemsize])
    found.frombytes(values.tobytes())
    return found


def _is_foreign(case: Case, settings: FilterSettings) -> bool:
    fit = case.measures.language_fit
    return fit is not None and fit < settings.min_language_fit


OTHER_LANGUAGE = Filter(
    DropReason("another language", "The question or the answer is not in the language of the document."),
    each(_is_foreign),
    thresholds=("min_language_fit",),
)
