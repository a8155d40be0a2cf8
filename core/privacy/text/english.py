"""English words in every form, from the word lists (WordNet's) that come with the bundled spaCy model."""

from functools import lru_cache

import srsly  # type: ignore[import-untyped]  # reads msgpack; installed with spaCy

from core.errors import REPAIR, SetupError
from core.models.registry import embedded_folder
from core.privacy.text.vocabulary import is_generic, stems

MODEL = "en-core-web-md"
LISTS = "lemmatizer/lookups/lookups.bin"  # msgpack: tables by name, each with words by part of speech


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Return about 85,000 lowercase words: base forms, and irregular ones such as "rose".

    Raises:
        SetupError: the model is missing or damaged.
    """
    path = embedded_folder() / MODEL / LISTS
    try:
        tables = srsly.msgpack_loads(path.read_bytes())
        kinds = (*tables["lemma_index"].values(), *tables["lemma_exc"].values())
        return frozenset(word for words in kinds for word in words)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(f"The word lists of {MODEL} cannot be read.", REPAIR) from error


def is_english(word: str) -> bool:
    """Return whether a word, in any case and form, is one that English writes in lowercase; "tarkwell" is not."""
    return is_generic(word) or not english_words().isdisjoint(stems(word.casefold()))
