"""English words in every form, and those that name nobody and nothing in particular."""

from core.language.english.dictionary import english_words
from core.privacy.text.vocabulary import is_generic, stems


def is_english(word: str) -> bool:
    """Return whether a word, in any case and form, is one that English writes in lowercase; "tarkwell" is not."""
    return is_generic(word) or not english_words().isdisjoint(stems(word.casefold()))
