"""English words, from the word lists (WordNet's) that come with the embedded spaCy pipeline."""

from functools import lru_cache
from typing import Any

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
    tables = _tables()
    kinds = (*tables["lemma_index"].values(), *tables["lemma_exc"].values())
    return frozenset(word for words in kinds for word in words)


@lru_cache(maxsize=1)
def english_verbs() -> frozenset[str]:
    """Return about 8,000 verbs in their base form, in lower case.

    Raises:
        SetupError: the model is missing or damaged.
    """
    from spacy.strings import StringStore  # the lists' keys are spaCy's numbers of words

    return frozenset(_tables()["lemma_index"][StringStore().add("verb")])


def _tables() -> dict[str, dict[Any, Any]]:
    """Read the lists, and check that they have what is asked of them."""
    path = pipeline_folder() / _LISTS
    try:
        tables = srsly.msgpack_loads(path.read_bytes())
        return {name: dict(tables[name]) for name in ("lemma_index", "lemma_exc")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(f"The word lists of {PIPELINE} cannot be read.", REPAIR) from error
