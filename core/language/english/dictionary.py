"""English words, from the word lists (WordNet's) that come with the embedded spaCy pipeline."""

from functools import lru_cache

import srsly  # type: ignore[import-untyped]  # reads msgpack; installed with spaCy

from core.errors import REPAIR, SetupError
from core.language.pipeline import PIPELINE, pipeline_folder

_LISTS = "lemmatizer/lookups/lookups.bin"  # msgpack: tables by name, each with words by part of speech


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Return about 85,000 lowercase words: base forms, and irregular ones such as "rose".

    Raises:
        SetupError: the model is missing or damaged.
    """
    path = pipeline_folder() / _LISTS
    try:
        tables = srsly.msgpack_loads(path.read_bytes())
        kinds = (*tables["lemma_index"].values(), *tables["lemma_exc"].values())
        return frozenset(word for words in kinds for word in words)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(f"The word lists of {PIPELINE} cannot be read.", REPAIR) from error
